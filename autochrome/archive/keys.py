"""Keys: the hash of all that decides a result.

A key holds the source's SHA-256, the model's, the settings of that stage only, the stage's
version and the keys upstream, so that equal keys mean equal results.
"""

import hashlib
from pathlib import Path
from typing import Any

from .files import canonical_json


def sha256_file(path: Path | str) -> str:
    """SHA-256 of a file's bytes, as 64 hex digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, as 64 hex digits."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def make_key(stage: str, version: int, **parts: Any) -> str:
    """The key of one result of one stage.

    ``parts`` are JSON values: hashes, the stage's own settings, the keys upstream.
    """
    return digest({"stage": stage, "version": version, **parts})


def path_digest(relative_path: str) -> str:
    """SHA-256 of a path below the archive, as 64 hex digits: what safe ids are made from."""
    return hashlib.sha256(relative_path.encode("utf-8", "surrogateescape")).hexdigest()


def bucket_bits(bucket: str) -> str:
    """The bits of `path_digest` that all photographs of a bucket begin with.

    >>> bucket_bits("x3_01")
    '001101'
    """
    digits, _, rest = bucket.removeprefix("x").partition("_")
    return "".join(f"{int(digit, 16):04b}" for digit in digits) + rest
