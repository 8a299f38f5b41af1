"""How many pixels a photograph has, from its header alone, and what memory it will take.

Read for every photograph of an archive when the run is planned, so only a few bytes are read, and
nothing is decoded. Figures of memory: `python -m benchmarks.memory`.
"""

import errno
import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .jpeg_segments import FRAMES
from .netpbm import HEADER_BYTES, header_numbers
from .tiff_tags import Layout, read_layout

_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PROGRESSIVE = 0xC2
_MOST_SEGMENTS = 1000
_MOST_DIRECTORIES = 8
_SUB_DIRECTORIES = 330
# Compressions: fax of four kinds, and JPEG.
_DECODED_TWICE = {2, 3, 4, 7, 32771}
# The boxes in which HEIC and AVIF tell their size lie among these first bytes.
_META_BYTES = 1 << 16


@dataclass(frozen=True)
class Header:
    """What a header says: pixels, and a decoded pixel's channels and bytes a channel.

    ``whole``: the picture cannot be decoded strip by strip although others of its format can.
    """

    pixels: int
    channels: int = 3
    depth: int = 1
    whole: bool = False


def header_of(file: BinaryIO, form: str) -> Header | None:
    """The header of an open photograph of a format; None if it is broken or not known.

    Raises OSError where the file cannot be read.
    """
    read = _READERS.get(form)
    if read is None:
        return None
    try:
        file.seek(0)
        header = read(file)
    except OSError as error:
        # An offset that no file can have.
        if error.errno != errno.EINVAL:
            raise
        return None
    except (struct.error, ValueError, KeyError, IndexError, OverflowError):
        return None
    return header if header is not None and header.pixels > 0 else None


def weigh(file: BinaryIO, form: str) -> tuple[int, int]:
    """Pixels of an open photograph, and bytes as `memory_needed` tells them; (0, 0) if not known.

    Raises OSError where the file cannot be read.
    """
    header = header_of(file, form)
    if header is None:
        return 0, 0
    return header.pixels, memory_needed(header, form, os.fstat(file.fileno()).st_size)


def memory_needed(header: Header, form: str, size: int) -> int:
    """Bytes of memory that such a photograph takes, beside the libraries and the network.

    ``size`` is that of its file in bytes.
    """
    luma = header.depth * (1 + (header.channels in (2, 4)))
    decoded = header.channels * header.depth
    each = {
        "jpeg": _jpeg_bytes(header),
        "png": luma + 2 * decoded * header.whole,
        "tiff": luma + 2 * decoded * header.whole,
        "bmp": 1 + 6 * header.whole,
        "pnm": luma,
        "gif": 3,
        "webp": 34,
        "jp2": 8 + 16 * header.depth,
        "j2k": 8 + 16 * header.depth,
        "heic": luma + 3 * decoded,
        "avif": luma + 3 * decoded,
    }
    return round(header.pixels * each[form] + _FILES[form] * size)


# So many copies of the file lie in memory.
_FILES = dict.fromkeys(("png", "tiff", "bmp", "gif", "pnm"), 0) | {"jpeg": 3}
_FILES |= dict.fromkeys(("webp", "jp2", "j2k", "heic", "avif"), 1)


def _jpeg_bytes(header: Header) -> float:
    if header.channels == 1:
        return 4.5 if header.whole else 2
    return 12


def _png(file: BinaryIO) -> Header:
    width, height, bits, kind, _, _, interlaced = struct.unpack(">IIBBBBB", file.read(29)[16:])
    return Header(width * height, _PNG_CHANNELS[kind], max(1, bits // 8), bool(interlaced))


def _jpeg(file: BinaryIO) -> Header | None:
    begin = file.read(1024).find(b"\xff\xd8\xff")
    file.seek(begin + 2)
    for _ in range(_MOST_SEGMENTS):
        mark, code = struct.unpack(">BB", file.read(2))
        while code == 0xFF:
            code = file.read(1)[0]
        (size,) = struct.unpack(">H", file.read(2))
        if mark != 0xFF:
            return None
        if code in FRAMES:
            _, height, width, channels = struct.unpack(">BHHB", file.read(6))
            return Header(width * height, channels, whole=code == _PROGRESSIVE)
        file.seek(size - 2, 1)
    return None


def _tiff(file: BinaryIO) -> Header | None:
    layout, first = read_layout(file)
    headers = [tags for tags in _directories(file, layout, first) if 256 in tags and 257 in tags]
    return max(map(_tiff_header, headers), key=lambda header: header.pixels, default=None)


def _tiff_header(tags: dict[int, int]) -> Header:
    """Planes, a single compressed strip and floating-point samples lie in memory as a whole, and so
    do fax and JPEG data when libtiff looks through them."""
    channels, height = tags.get(277, 1), tags[257]
    is_one_strip = tags.get(259, 1) != 1 and 322 not in tags and tags.get(278, height) >= height
    is_planes = channels > 1 and tags.get(284, 1) == 2
    is_floating = tags.get(339, 1) == 3
    whole = is_planes or is_one_strip or is_floating or tags.get(259, 1) in _DECODED_TWICE
    return Header(tags[256] * height, channels, max(1, tags.get(258, 8) // 8), whole)


def _directories(file: BinaryIO, layout: Layout, offset: int) -> Iterator[dict[int, int]]:
    """The first values of the tags of the first directories, and of those below them."""
    waiting, seen = [offset], set()
    while waiting and len(seen) < _MOST_DIRECTORIES:
        offset = waiting.pop(0)
        if not offset or offset in seen:
            continue
        seen.add(offset)
        file.seek(offset)
        count_format = layout.order + ("Q" if layout.big else "H")
        (count,) = struct.unpack(count_format, file.read(struct.calcsize(count_format)))
        step = 12 + 8 * layout.big
        entries = file.read(min(count, 4096) * step + layout.word_size)
        tags = {}
        for start in range(0, len(entries) - layout.word_size - step + 1, step):
            code, kind = struct.unpack_from(layout.order + "HH", entries, start)
            (number,) = struct.unpack_from(layout.word, entries, start + 4)
            place = start + 4 + layout.word_size
            is_short = kind == 3
            width = 2 if is_short else layout.word_size if kind in (16, 18) else 4
            value = entries[place : place + width]
            if is_short and 2 * number > layout.word_size:
                here = file.tell()
                file.seek(struct.unpack_from(layout.word, entries, place)[0])
                value = file.read(2)
                file.seek(here)
            tags[code] = int.from_bytes(value, "little" if layout.order == "<" else "big")
            if code == _SUB_DIRECTORIES and number == 1:
                waiting.append(tags[code])
        waiting.append(struct.unpack_from(layout.word, entries, len(entries) - layout.word_size)[0])
        yield tags


def _bmp(file: BinaryIO) -> Header:
    head = file.read(34)
    (size,) = struct.unpack_from("<I", head, 14)
    if size == 12:
        width, height = struct.unpack_from("<HH", head, 18)
        return Header(width * height)
    width, height, _, _, compression = struct.unpack_from("<iiHHI", head, 18)
    return Header(abs(width * height), whole=compression in (1, 2))


def _gif(file: BinaryIO) -> Header:
    width, height = struct.unpack_from("<HH", file.read(10), 6)
    return Header(width * height)


def _webp(file: BinaryIO) -> Header | None:
    """Container: https://developers.google.com/speed/webp/docs/riff_container."""
    head = file.read(30)
    if head[12:16] == b"VP8X":
        width, height = (int.from_bytes(head[i : i + 3], "little") + 1 for i in (24, 27))
    elif head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", head, 26))
    return Header(width * height)


def _jpeg2000(file: BinaryIO) -> Header | None:
    head = file.read(_META_BYTES)
    begin = head.find(b"\xff\x4f\xff\x51")
    if begin < 0:
        return None
    x1, y1, x0, y0 = struct.unpack_from(">4I", head, begin + 8)
    channels, bits = struct.unpack_from(">HB", head, begin + 40)
    return Header((x1 - x0) * (y1 - y0), channels, 1 + ((bits & 0x7F) > 7))


def _heif(file: BinaryIO) -> Header | None:
    """The largest of the sizes that its properties tell (ISO/IEC 23008-12, 6.5.3)."""
    sizes = re.findall(rb"ispe\0\0\0\0(.{8})", file.read(_META_BYTES), re.DOTALL)
    pixels = [width * height for width, height in (struct.unpack(">II", size) for size in sizes)]
    return Header(max(pixels), depth=2) if pixels else None


def _netpbm(file: BinaryIO) -> Header | None:
    head = file.read(HEADER_BYTES)
    values, _, _ = header_numbers(head, 2 if head[1:2] in b"14" else 3)
    if values is None:
        return None
    depth = 2 if len(values) > 2 and values[2] > 255 else 1
    return Header(values[0] * values[1], 3 if head[1:2] in b"36" else 1, depth)


_READERS = {
    "jpeg": _jpeg,
    "png": _png,
    "tiff": _tiff,
    "bmp": _bmp,
    "gif": _gif,
    "webp": _webp,
    "jp2": _jpeg2000,
    "j2k": _jpeg2000,
    "heic": _heif,
    "avif": _heif,
    "pnm": _netpbm,
}
