"""Netpbm pictures (PBM, PGM, PPM): the coloured file is a binary PPM of the source's depth.

Format: https://netpbm.sourceforge.net/doc/ppm.html. Comments in the header stay.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import ItemError
from .faults import check_pixels, convert_remedy, damaged
from .picture import Picture, Written, coloured_strips, picture_from_pixels
from .raster import verified

HEADER_BYTES = 65536
_COMMENT = re.compile(rb"#([^\r\n]*)[\r\n]")


def read(path: Path, max_pixels: int) -> Picture:
    """Decode a PBM, PGM or PPM, in text or binary. Raises ItemError for what is broken."""
    with open(path, "rb") as file:
        head = file.read(HEADER_BYTES)
        kind = head[1:2]
        if kind not in b"123456":
            raise ItemError(
                "It is a Netpbm picture of a kind which is not supported.", convert_remedy(path)
            )
        bits = kind in b"14"
        values, start, comments = header_numbers(head, 2 if bits else 3)
        if values is None:
            raise damaged(path, "its header is broken")
        width, height, *rest = values
        most = rest[0] if rest else 1
        check_pixels(height, width, max_pixels)
        if not 0 < most < 65536:
            raise damaged(path, f"its header says a greatest value of {most}")
        channels = 3 if kind in b"36" else 1
        file.seek(start)
        try:
            samples = _samples(file.read(), kind, height, width, channels, most)
        except ValueError as error:
            raise damaged(path, str(error)) from error
    if bits:
        samples = 1 - samples
    pixels = _full_range(samples, most).reshape(height, width, channels)
    return picture_from_pixels(pixels, store=comments)


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


def _samples(
    data: bytes, kind: bytes, height: int, width: int, channels: int, most: int
) -> NDArray[np.uint16]:
    """The codes 0 … ``most`` as they stand in the file. ValueError if there are too few."""
    count = height * width * channels
    if kind == b"4":
        row = (width + 7) // 8
        if len(data) < row * height:
            raise ValueError("its picture data is cut")
        packed = np.frombuffer(data, np.uint8, row * height).reshape(height, row)
        return np.unpackbits(packed, axis=1, count=width)
    if kind in b"56":
        kind_of_code = np.dtype(np.uint8 if most < 256 else ">u2")
        if len(data) < count * kind_of_code.itemsize:
            raise ValueError("its picture data is cut")
        samples = np.frombuffer(data, kind_of_code, count)
    else:
        text = re.sub(rb"#[^\r\n]*", b" ", data)
        # In the text form of a PBM the digits may stand without space between them.
        words = re.findall(rb"[01]", text) if kind == b"1" else text.split()
        if len(words) < count:
            raise ValueError("its picture data is cut")
        samples = np.array(words[:count]).astype(np.int64)
    if samples.max(initial=0) > most or samples.min(initial=0) < 0:
        raise ValueError(f"it holds values beyond {most}")
    return samples


def _full_range(samples: NDArray, most: int) -> NDArray[np.integer]:
    """Codes 0 … ``most`` spread over 8 or 16 bits, each apart from the next."""
    kind = np.uint8 if most < 256 else np.uint16
    peak = np.iinfo(kind).max
    if most == peak:
        return samples.astype(kind)
    return np.rint(np.arange(most + 1) * (peak / most)).astype(kind)[samples]


def write(part: Path, picture: Picture, ab: NDArray[np.float32], xmp: bytes) -> Written:
    """Write the coloured PPM, and check it."""
    peak = np.iinfo(picture.luma.dtype).max
    with open(part, "wb") as file:
        file.write(b"P6\n" + b"".join(b"#%b\n" % comment for comment in picture.store))
        file.write(b"%d %d\n%d\n" % (picture.width, picture.height, peak))
        for _, rgb in coloured_strips(picture, ab):
            file.write(rgb.astype(rgb.dtype.newbyteorder(">")).tobytes())
    return verified(part, picture, read, ["PPM holds no XMP: mark not written"] if xmp else [])
