"""Names that are safe as wildcards, and names of results that cannot collide."""

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from ..archive import path_digest


def film_id(path: str) -> str:
    """16 hex digits for a film's path below the archive."""
    return path_digest(path)[:16]


def buckets_of(paths: Iterable[str], batch_size: int) -> dict[str, list[str]]:
    """Photographs' paths in buckets of at most ``batch_size``, each sorted.

    A bucket is ``x`` and the shortest hex prefix of SHA-256(path) that few enough paths share, so
    that a new photograph changes one bucket and at most splits it.
    """
    buckets: dict[str, list[str]] = {}

    def split(prefix: str, members: list[tuple[str, str]]) -> None:
        if len(members) <= batch_size or len(prefix) == 64:
            buckets["x" + prefix] = sorted(path for _, path in members)
            return
        for digit in "0123456789abcdef":
            longer = prefix + digit
            if part := [member for member in members if member[0].startswith(longer)]:
                split(longer, part)

    if hashed := [(path_digest(path), path) for path in paths]:
        split("", hashed)
    return buckets


def with_suffix(path: str, suffix: str, accepted: Iterable[str]) -> str:
    """The result's name for a source's: kept if its suffix says the result's format already.

    Otherwise the format's suffix is appended and the old one stays (``a.gif.png``).

    >>> with_suffix("a/B.JPG", ".jpg", {".jpg", ".jpeg"})
    'a/B.JPG'
    """
    return path if PurePosixPath(path).suffix.lower() in accepted else path + suffix


def without_collisions(wished: dict[str, str]) -> dict[str, str]:
    """Result names by source path, such that no two are the same file on any file system.

    Two names collide when they are equal without regard to case and Unicode form; the one whose
    source sorts later gets ``~`` and 6 hex digits before its suffix.
    """
    taken: set[str] = set()
    names: dict[str, str] = {}
    for source in sorted(wished):
        name = wished[source]
        if _folded(name) in taken:
            pure = PurePosixPath(name)
            name = str(pure.with_name(f"{pure.stem}~{path_digest(source)[:6]}{pure.suffix}"))
        taken.add(_folded(name))
        names[source] = name
    return names


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
