"""TIFF files of several pictures: each is coloured by itself, and they are put together again.

A page travels as its directory's tags and its strips or tiles, byte for byte.
"""

import errno
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from ..archive import temporary_beside
from ..errors import ItemError
from .picture import sidecar_of
from .tiff_tags import (
    Layout,
    Tag,
    append,
    append_directory,
    directory_offsets,
    read_directory,
    read_layout,
)

_SUBFILE_TYPE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLES = 254, 256, 257, 258, 259, 277
_OLD_JPEG = 6
_REDUCED, _MASK = 1, 4
_SUB_DIRECTORIES = 330
_STRIPS, _TILES = (273, 279), (324, 325)
# Places in the source that are not taken along.
_NOT_CARRIED = {288, 289, _SUB_DIRECTORIES}
_MOST_CLASSIC = 4_000_000_000

_APART = "Save its pictures as files of their own, for example: magick IN.tif out-%d.tif"

Outcome = dict[str, Any]

LEFT = ("left_colour", "left_alone")
"""The statuses of a picture that stays as it is: in colour already, or not to be coloured."""


def pictures_of(path: Path) -> list[int]:
    """Where the directories of a TIFF's pictures lie; reduced copies and masks do not count.

    Where there is nothing else, the pictures in sub-directories are meant: cameras and scanners put
    them behind their reduced copy.
    """
    try:
        found, below = [], []
        with open(path, "rb") as file:
            layout, _ = read_layout(file)
            for offset in directory_offsets(path):
                tags = read_directory(file, layout, offset)
                if _is_picture(layout, tags):
                    found.append(offset)
                elif _SUB_DIRECTORIES in tags:
                    below += _numbers(layout, tags[_SUB_DIRECTORIES])
            return found or [
                offset
                for offset in below
                if _is_picture(layout, read_directory(file, layout, offset))
            ]
    except OSError as error:
        # An offset that no file can have: reading it will say so.
        if error.errno != errno.EINVAL:
            raise
    except (KeyError, struct.error, ValueError, OverflowError):
        # No TIFF header: reading it will say so.
        pass
    return []


def _is_picture(layout: Layout, tags: dict[int, Tag]) -> bool:
    """Has the directory pixels, and are they no reduced copy and no mask?"""
    kind = _numbers(layout, tags[_SUBFILE_TYPE])[0] if _SUBFILE_TYPE in tags else 0
    has_pixels = _WIDTH in tags and (_STRIPS[0] in tags or _TILES[0] in tags)
    return has_pixels and not kind & (_REDUCED | _MASK)


def pictures_apart(path: Path) -> list[int]:
    """The same if they must be taken apart for colouring; empty where the first is the only one."""
    found = pictures_of(path)
    return found if len(found) > 1 or (found and found != directory_offsets(path)[:1]) else []


def colour_pages(
    source: Path,
    offsets: list[int],
    part: Path,
    colour: Callable[[Path, Path], Outcome],
    passed_on: tuple[type[ItemError], ...] = (),
) -> Outcome:
    """Colour the pictures at ``offsets`` of a TIFF one by one into the TIFF ``part``.

    ``colour`` takes the path of a TIFF of one picture and the path for its result, and returns
    an outcome. A picture that is in colour already, or cannot be coloured, is taken over as it
    is. Returns the outcome of all; raises ItemError if none could be coloured for a fault, and
    the faults ``passed_on`` at once.
    """
    single, result = temporary_beside(part), temporary_beside(part)
    outcomes: list[Outcome] = []
    faults: list[tuple[int, ItemError]] = []
    try:
        with open(source, "rb") as file:
            layout, _ = read_layout(file)
        big = layout.big or 3 * source.stat().st_size > _MOST_CLASSIC
        _begin(part, Layout(layout.order, big))
        for number, offset in enumerate(offsets, 1):
            _begin(single, layout)
            append_page(single, source, offset)
            kept = single
            try:
                outcomes.append(colour(single, result))
                if outcomes[-1]["status"] not in LEFT:
                    kept = result
            except passed_on:
                raise
            except ItemError as error:
                faults.append((number, error))
            append_page(part, kept, directory_offsets(kept)[0])
            result.unlink(missing_ok=True)
            if sidecar_of(result).is_file() and not sidecar_of(part).is_file():
                sidecar_of(result).rename(sidecar_of(part))
    finally:
        for path in (single, result, sidecar_of(result)):
            path.unlink(missing_ok=True)
    if all(outcome["status"] in LEFT for outcome in outcomes) and faults:
        number, error = faults[0]
        raise ItemError(f"Picture {number} of {len(offsets)}: {error.fault}", error.remedy)
    return _joined(outcomes, faults, len(offsets))


def _joined(outcomes: list[Outcome], faults: list[tuple[int, ItemError]], count: int) -> Outcome:
    """One outcome for all pictures: the worst status, the greatest error, every note once."""
    order = (*LEFT, "coloured", "partial")
    joined = max(outcomes, key=lambda outcome: order.index(outcome["status"]))
    checks = dict(joined["checks"])
    checks["pictures"] = count
    checks["tones"] = [outcome["checks"]["tone"] for outcome in outcomes]
    notes = [note for outcome in outcomes for note in outcome["checks"].get("notes", [])]
    checks["notes"] = list(dict.fromkeys(notes))
    for status, what in zip(LEFT, ("in colour", "documents or negatives"), strict=True):
        left = sum(outcome["status"] == status for outcome in outcomes)
        if left and joined["status"] != status:
            checks["notes"].append(f"{left} of {count} pictures are {what}: left as they are")
    joined = joined | {"checks": checks}
    errors = [o["luma_error"] for o in outcomes if o["luma_error"] is not None]
    joined["luma_error"] = max(errors, default=None)
    if faults:
        joined["status"] = "partial"
        joined["reason"] = " ".join(
            f"Picture {number} of {count} was left as it is: {error.fault}"
            for number, error in faults
        )
    return joined


def _begin(path: Path, layout: Layout) -> None:
    """An empty file of a layout, to which pages can be appended."""
    mark = {"<": b"II", ">": b"MM"}[layout.order]
    head = struct.pack(layout.order + "HHHQ", 43, 8, 0, 0) if layout.big else None
    path.write_bytes(mark + (head or struct.pack(layout.order + "HI", 42, 0)))


def append_page(target: Path, source: Path, offset: int) -> None:
    """Append the picture whose directory lies at ``offset`` of a TIFF to another of its order.

    Raises ItemError where it is not known what belongs to it.
    """
    with open(source, "rb") as file, open(target, "r+b") as out:
        layout, _ = read_layout(file)
        tags = read_directory(file, layout, offset)
        if _COMPRESSION in tags and _numbers(layout, tags[_COMPRESSION])[0] == _OLD_JPEG:
            raise ItemError(
                "One of its pictures is in the old JPEG compression of TIFF 6.0, whose parts "
                "cannot be moved into another file.",
                _APART,
            )
        out_layout, _ = read_layout(out)
        last = directory_offsets(target)
        for places, sizes in (_STRIPS, _TILES):
            if places in tags:
                pairs = zip(
                    _numbers(layout, tags[places]), _sizes(layout, tags, sizes), strict=False
                )
                moved = [_copied(file, out, *pair) for pair in pairs]
                data = struct.pack(f"{out_layout.word[0]}{len(moved)}{out_layout.word[1]}", *moved)
                tags[places] = Tag(16 if out_layout.big else 4, len(moved), data)
        tags = {code: tag for code, tag in tags.items() if code not in _NOT_CARRIED}
        place = append_directory(out, out_layout, tags)
        out.seek(_link(out, out_layout, last))
        out.write(struct.pack(out_layout.word, place))


def _sizes(layout: Layout, tags: dict[int, Tag], code: int) -> tuple[int, ...]:
    """Bytes of the strips or tiles; of a single strip that is not compressed by the picture's size.

    Raises ItemError where they cannot be told.
    """
    if code in tags:
        return _numbers(layout, tags[code])
    width, height, bits, samples, compression = (
        _numbers(layout, tags[c])[0] if c in tags else 1
        for c in (_WIDTH, _HEIGHT, _BITS, _SAMPLES, _COMPRESSION)
    )
    if code != _STRIPS[1] or tags[_STRIPS[0]].count != 1 or compression != 1:
        raise ItemError("One of its pictures does not say how long its strips are.", _APART)
    return (height * -(-width * samples * bits // 8),)


def _copied(file: BinaryIO, out: BinaryIO, start: int, size: int) -> int:
    file.seek(start)
    return append(out, file.read(size))


def _link(out: BinaryIO, layout: Layout, directories: list[int]) -> int:
    """Where the offset of the next directory is to be written."""
    if not directories:
        return 8 if layout.big else 4
    out.seek(directories[-1])
    head = out.read(8 if layout.big else 2)
    (count,) = struct.unpack(layout.order + ("Q" if layout.big else "H"), head)
    return directories[-1] + len(head) + count * (12 + 8 * layout.big)


def _numbers(layout: Layout, tag: Tag) -> tuple[int, ...]:
    kind = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}[tag.type]
    return struct.unpack(f"{layout.order}{tag.count}{kind}", tag.data)
