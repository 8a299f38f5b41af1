"""Directories of a TIFF file, read and written raw, so that tags pass through byte for byte.

Format: TIFF 6.0, section 2, and BigTIFF. A value is kept as the bytes of the file's own byte
order; directories that a tag points to (EXIF, GPS, interoperability) are kept with it.
"""

import struct
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES |= {16: 8, 17: 8, 18: 8}
_DIRECTORIES = {34665, 34853, 40965}
_MOST_ENTRIES = 4096
_MOST_DIRECTORIES = 10000


@dataclass(frozen=True)
class Layout:
    """How a file counts: its byte order ("<" or ">"), and whether it is a BigTIFF."""

    order: str
    big: bool

    @property
    def word(self) -> str:
        """The struct format of an offset."""
        return self.order + ("Q" if self.big else "I")

    @property
    def word_size(self) -> int:
        return 8 if self.big else 4


@dataclass(frozen=True)
class Tag:
    """One entry: its type, how many values, and their bytes, or the directory it points to."""

    type: int
    count: int
    data: bytes
    directory: "dict[int, Tag] | None" = None


def read_tags(path: Path) -> dict[int, Tag]:
    """The tags of a file's first directory. What cannot be read is left out."""
    with open(path, "rb") as file:
        layout, offset = read_layout(file)
        return read_directory(file, layout, offset)


def directory_offsets(path: Path) -> list[int]:
    """Where the directories of a file lie, in their order; a chain that is broken ends there."""
    with open(path, "rb") as file:
        layout, offset = read_layout(file)
        found: list[int] = []
        while offset and offset not in found and len(found) < _MOST_DIRECTORIES:
            file.seek(offset)
            head = file.read(8 if layout.big else 2)
            if len(head) < (8 if layout.big else 2):
                break
            (count,) = struct.unpack(layout.order + ("Q" if layout.big else "H"), head)
            file.seek(count * (12 + 8 * layout.big), 1)
            following = file.read(layout.word_size)
            if not 0 < count <= _MOST_ENTRIES or len(following) < layout.word_size:
                break
            found.append(offset)
            (offset,) = struct.unpack(layout.word, following)
        return found


def read_layout(file: BinaryIO) -> tuple[Layout, int]:
    """How an open file counts, and where its first directory lies."""
    file.seek(0)
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}[head[:2]]
    big = struct.unpack_from(order + "H", head, 2)[0] == 43
    layout = Layout(order, big)
    return layout, struct.unpack_from(layout.word, head, 8 if big else 4)[0]


def read_directory(file: BinaryIO, layout: Layout, offset: int, depth: int = 0) -> dict[int, Tag]:
    """The tags of the directory at ``offset``. What cannot be read is left out."""
    count_format = layout.order + ("Q" if layout.big else "H")
    file.seek(offset)
    head = file.read(struct.calcsize(count_format))
    if len(head) < struct.calcsize(count_format):
        return {}
    (count,) = struct.unpack(count_format, head)
    entry_size = 12 + 8 * layout.big
    entries = file.read(min(count, _MOST_ENTRIES) * entry_size)
    tags = {}
    for start in range(0, len(entries) - entry_size + 1, entry_size):
        code, kind = struct.unpack_from(layout.order + "HH", entries, start)
        (number,) = struct.unpack_from(layout.word, entries, start + 4)
        size = number * _SIZES.get(kind, 0)
        field = entries[start + 4 + layout.word_size : start + entry_size]
        data = field[:size] if size <= len(field) else _at(file, layout, field, size)
        if not size or len(data) != size:
            continue
        directory = None
        if code in _DIRECTORIES and depth < 3 and size >= 4:
            place = int.from_bytes(data[:size], "little" if layout.order == "<" else "big")
            directory = read_directory(file, layout, place, depth + 1)
            if not directory:
                continue
        tags[code] = Tag(kind, number, data, directory)
    return tags


def _at(file: BinaryIO, layout: Layout, field: bytes, size: int) -> bytes:
    file.seek(struct.unpack(layout.word, field)[0])
    return file.read(size)


def replace_tags(path: Path, changes: dict[int, Tag], removed: Set[int] = frozenset()) -> None:
    """Give the first directory of a file further tags, or other values for those it has.

    Those in ``removed`` are taken out. The new directory is appended and takes the old one's place;
    values are in the byte order of the file.
    """
    with open(path, "r+b") as file:
        layout, offset = read_layout(file)
        tags = read_directory(file, layout, offset)
        tags = {code: tag for code, tag in tags.items() if code not in removed} | changes
        place = append_directory(file, layout, tags)
        file.seek(8 if layout.big else 4)
        file.write(struct.pack(layout.word, place))


def append_directory(file: BinaryIO, layout: Layout, tags: dict[int, Tag]) -> int:
    """Write a directory, the last of its chain, to the end of the file; where it lies."""
    entries = b""
    for code in sorted(tags):
        tag = tags[code]
        kind, data = tag.type, tag.data
        if tag.directory is not None:
            kind = 16 if layout.big else 4
            data = struct.pack(layout.word, append_directory(file, layout, tag.directory))
        if len(data) > layout.word_size:
            data = struct.pack(layout.word, append(file, data))
        entries += struct.pack(layout.order + "HH", code, kind)
        entries += struct.pack(layout.word, tag.count) + data.ljust(layout.word_size, b"\0")
    count = struct.pack(layout.order + ("Q" if layout.big else "H"), len(tags))
    return append(file, count + entries + bytes(layout.word_size))


def append(file: BinaryIO, data: bytes) -> int:
    """Write data to the end of the file, at an even place; that place."""
    place = file.seek(0, 2)
    if place % 2:
        file.write(b"\0")
        place += 1
    file.write(data)
    return place
