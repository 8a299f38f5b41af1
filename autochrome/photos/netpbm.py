"""Netpbm pictures (PBM, PGM, PPM): the coloured file is a binary PPM of the source's depth.

Format: https://netpbm.sourceforge.net/doc/ppm.html. Comments in the header stay.
"""

import re
from collections.abc import Iterator, Sized
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .faults import check_pixels, damaged
from .picture import Picture, Written, coloured_strips, picture_from_strips, strips
from .raster import verified_strips

HEADER_BYTES = 65536
_COMMENT = re.compile(rb"#([^\r\n]*)[\r\n]")


def read(path: Path, max_pixels: int) -> Picture:
    """Decode a PBM, PGM or PPM, in text or binary. Raises ItemError for what is broken."""
    with open(path, "rb") as file:
        head = file.read(HEADER_BYTES)
        kind = head[1:2]
        values, start, comments = header_numbers(head, 2 if kind in b"14" else 3)
        if values is None:
            raise damaged(path, "its header is broken")
        width, height, *rest = values
        most = rest[0] if rest else 1
        check_pixels(height, width, max_pixels)
        if not 0 < most < 65536:
            raise damaged(path, f"its header says a greatest value of {most}")
        file.seek(start)
        try:
            pieces = _strips(file, kind, height, width, most)
            picture = picture_from_strips(height, width, pieces, store=comments)
        except ValueError as error:
            raise damaged(path, str(error)) from error
        if re.match(rb"\s*P[1-7]\s", file.read(64)):
            picture.notes.append("further pictures in the file left out")
    return picture


def _strips(
    file: BinaryIO, kind: bytes, height: int, width: int, most: int
) -> Iterator[NDArray[np.integer]]:
    """Codes (rows, W, n) over the full range, of a file that stands at its samples."""
    channels = 3 if kind in b"36" else 1
    text = _words(file.read(), kind) if kind in b"123" else []
    for rows in strips(height, width):
        count = rows.stop - rows.start
        if kind == b"4":
            samples = _bits(file, count, width)
        elif kind in b"56":
            samples = _binary(file, count * width * channels, most)
        else:
            size = width * channels
            samples = _numbers(text[rows.start * size : rows.stop * size], count * size)
        if samples.max(initial=0) > most or samples.min(initial=0) < 0:
            raise ValueError(f"it holds values beyond {most}")
        if kind in b"14":
            samples = 1 - samples
        yield _full_range(samples, most).reshape(count, width, channels)


def _bits(file: BinaryIO, count: int, width: int) -> NDArray[np.uint8]:
    row = (width + 7) // 8
    data = _whole(file.read(row * count), row * count)
    return np.unpackbits(np.frombuffer(data, np.uint8).reshape(count, row), axis=1, count=width)


def _binary(file: BinaryIO, count: int, most: int) -> NDArray[np.integer]:
    kind = np.dtype(np.uint8 if most < 256 else ">u2")
    size = count * kind.itemsize
    return np.frombuffer(_whole(file.read(size), size), kind)


def _words(data: bytes, kind: bytes) -> list[bytes]:
    text = re.sub(rb"#[^\r\n]*", b" ", data)
    # In the text form of a PBM the digits may stand without space between them.
    return re.findall(rb"[01]", text) if kind == b"1" else text.split()


def _numbers(words: list[bytes], count: int) -> NDArray[np.int64]:
    return np.array(_whole(words, count)).astype(np.int64)


def _whole(samples: Sized, count: int) -> Any:
    if len(samples) < count:
        raise ValueError("its picture data is cut")
    return samples


def header_numbers(head: bytes, count: int) -> tuple[list[int] | None, int, list[bytes]]:
    """A header's numbers, where the samples begin, and the comments between.

    None in place of the numbers if the header is broken.
    """
    values: list[int] = []
    comments: list[bytes] = []
    position = 2
    while len(values) < count:
        space = re.compile(rb"\s*").match(head, position)
        position = space.end()
        if comment := _COMMENT.match(head, position):
            comments.append(comment[1])
            position = comment.end()
            continue
        number = re.compile(rb"\d{1,10}").match(head, position)
        if number is None:
            return None, 0, []
        values.append(int(number[0]))
        position = number.end()
    return values, position + 1, comments


def _full_range(samples: NDArray, most: int) -> NDArray[np.integer]:
    """Codes 0 … ``most`` spread over 8 or 16 bits, each apart from the next."""
    kind = np.uint8 if most < 256 else np.uint16
    peak = np.iinfo(kind).max
    if most == peak:
        return samples.astype(kind)
    return np.rint(np.arange(most + 1) * (peak / most)).astype(kind)[samples]


def write(part: Path, picture: Picture, ab: NDArray[np.float32], xmp: bytes) -> Written:
    """Write the coloured PPM, and check it. It holds no XMP."""
    peak = np.iinfo(picture.luma.dtype).max
    with open(part, "wb") as file:
        file.write(b"P6\n" + b"".join(b"#%b\n" % comment for comment in picture.store))
        file.write(b"%d %d\n%d\n" % (picture.width, picture.height, peak))
        for _, rgb in coloured_strips(picture, ab):
            file.write(rgb.astype(rgb.dtype.newbyteorder(">")).tobytes())
    with open(part, "rb") as file:
        _, start, _ = header_numbers(file.read(HEADER_BYTES), 3)
        file.seek(start)
        pieces = _strips(file, b"6", picture.height, picture.width, peak)
        return replace(verified_strips(pieces, picture, []), marked=False)
