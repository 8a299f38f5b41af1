"""Names that are safe as wildcards, and names of results that cannot collide."""

import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from posixpath import splitext

from ..archive import path_digest

_BITS = 256
# A small archive makes about so many jobs, of not less than 2 ** _FINEST photographs.
_JOBS = 4
_FINEST = 7
# The longest name on nearly all file systems.
_MOST_BYTES = 255


def film_id(path: str) -> str:
    """16 hex digits for a film's path below the archive."""
    return path_digest(path)[:16]


def batch_size_for(count: int, most: int) -> int:
    """Photographs a job for an archive of ``count``: small archives are cut finer than ``most``.

    The steps are powers of two, so that an archive which grows seldom meets another size, and
    one of many thousands never.
    """
    finer = 1 << max(_FINEST, (count // _JOBS).bit_length())
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


def without_collisions(wished: dict[str, str], spare: int = 0) -> dict[str, str]:
    """Result names by source path, such that no two are the same file on any file system.

    Two names collide when they are equal without regard to case and Unicode form, or when one is
    that of a folder of the others; the one whose source sorts later gets ``~`` and 6 hex digits
    before its suffix. So does a name that would be too long for file systems (more than 255 bytes,
    less ``spare`` for what stands beside the result under a longer name), which is cut.
    """
    taken = {_folded(folder) for name in set(wished.values()) for folder in _folders(name)}
    names: dict[str, str] = {}
    for source in sorted(wished):
        name, digest, digits = wished[source], path_digest(source), 6
        room = _MOST_BYTES - spare
        if len(_as_bytes(PurePosixPath(name).name)) > room:
            name = _marked(wished[source], digest[:digits], room)
        while _folded(name) in taken:
            name = _marked(wished[source], digest[:digits], room)
            digits += 1
        taken.add(_folded(name))
        names[source] = name
    return names


def _folders(name: str) -> Iterator[str]:
    while "/" in name:
        name = name.rpartition("/")[0]
        yield name


def _marked(name: str, mark: str, room: int) -> str:
    """The name with ``~mark`` before its suffix, and its stem cut to fit into ``room`` bytes."""
    pure = PurePosixPath(name)
    stem, ending = pure.stem, f"~{mark}{pure.suffix}"
    while stem and len(_as_bytes(stem + ending)) > room:
        stem = stem[:-1]
    return str(pure.with_name(stem + ending))


def _as_bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
