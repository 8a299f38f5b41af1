"""Names that are safe as wildcards, and names of results that cannot collide."""

import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath
from posixpath import splitext

from ..archive import path_digest

_BITS = 256
# A small archive makes at least about so many jobs, of not less than 2 ** _FINEST photographs.
_JOBS_AT_LEAST = 8
_FINEST = 7


def film_id(path: str) -> str:
    """16 hex digits for a film's path below the archive."""
    return path_digest(path)[:16]


def batch_size_for(count: int, most: int) -> int:
    """Photographs a job for an archive of ``count``: small archives are cut finer than ``most``.

    The steps are powers of two, so that an archive which grows seldom meets another size, and
    one of many thousands never.
    """
    finer = 1 << max(_FINEST, (count // _JOBS_AT_LEAST).bit_length() - 1)
    return min(most, finer)


def buckets_of(paths: Iterable[str], batch_size: int) -> dict[str, list[str]]:
    """Photographs' paths in buckets of at most ``batch_size``, each sorted.

    A bucket is ``x`` and the shortest prefix of SHA-256(path) that few enough paths share, so
    that a new photograph changes one bucket and at most splits it. The prefix is counted in bits:
    its whole hex digits, and after ``_`` what is left of it (see `archive.bucket_bits`).
    """
    buckets: dict[str, list[str]] = {}

    def split(bits: str, members: list[tuple[int, str]]) -> None:
        if len(members) <= batch_size or len(bits) == _BITS:
            buckets[_bucket_name(bits)] = sorted(path for _, path in members)
            return
        place = _BITS - 1 - len(bits)
        for bit in (0, 1):
            if part := [member for member in members if member[0] >> place & 1 == bit]:
                split(f"{bits}{bit}", part)

    if hashed := [(int(path_digest(path), 16), path) for path in paths]:
        split("", hashed)
    return buckets


def _bucket_name(bits: str) -> str:
    whole = len(bits) // 4
    digits = f"{int(bits[: 4 * whole], 2):0{whole}x}" if whole else ""
    return f"x{digits}{'_' if bits[4 * whole :] else ''}{bits[4 * whole :]}"


def with_suffix(path: str, suffix: str, accepted: Iterable[str]) -> str:
    """The result's name for a source's: kept if its suffix says the result's format already.

    Otherwise the format's suffix is appended and the old one stays (``a.gif.png``).

    >>> with_suffix("a/B.JPG", ".jpg", {".jpg", ".jpeg"})
    'a/B.JPG'
    """
    return path if splitext(path)[1].lower() in accepted else path + suffix


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
