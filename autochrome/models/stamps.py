"""The SHA-256 of large files, computed once: a small JSON file beside them remembers it."""

import contextlib
from pathlib import Path
from typing import Any

from ..archive import read_json, sha256_file, stamp, write_json


def hash_of(path: Path, record: Path) -> str:
    """SHA-256 of a file, taken from ``record`` while size and modification time are the same.

    A record that cannot be written costs only time.
    """
    known = read_record(record)
    now = stamp(path)
    if known.get("size") == now["size"] and known.get("mtime_ns") == now["mtime_ns"]:
        return known["sha256"]
    sha256 = sha256_file(path)
    with contextlib.suppress(OSError):
        write_json(record, {"sha256": sha256, **now})
    return sha256


def read_record(record: Path) -> dict[str, Any]:
    """What a record holds, sha256, size and mtime_ns; nothing if there is none."""
    try:
        return read_json(record)
    except (FileNotFoundError, ValueError):
        return {}
