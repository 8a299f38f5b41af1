"""PNG pixels written and read strip by strip, so that memory does not grow with the picture.

libpng filters each row by itself and the row above it (PNG specification, 9.2), and what it makes
of all rows is one zlib stream. So a strip is filtered as a small PNG that begins with the row
above, and the strips' rows go into one stream: that of the whole picture. Reading is the inverse,
with libpng again; the rows of an interlaced picture do not stand in the file one behind the other.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_IDAT = b"IDAT"
_PALETTE, _TRANSPARENT = b"PLTE", b"tRNS"
# Chunks that a decoder must understand, and therefore the ones whose checksums count.
_ANCILLARY = 0x20
# Level 6 takes four times as long for 7 % less (4.5 megapixels, 8 bit).
_LEVEL = 4
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
_CHANNELS = {number: channels for channels, number in _COLOUR_TYPES.items()} | {3: 1}
# Depth and colour type of codes that are filtered as such of so many bytes are.
_PLAIN = {1: (8, 0), 2: (8, 4), 3: (8, 2), 4: (8, 6), 6: (16, 2), 8: (16, 6)}
_STRIP_BYTES = 1 << 22
_STRIP_HEADERS = 1 << 12
_PIECE = 1 << 20


def chunk(name: bytes, content: bytes) -> bytes:
    """A chunk as it stands in the file."""
    crc = zlib.crc32(content, zlib.crc32(name))
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc)


def header(height: int, width: int, channels: int, kind: np.dtype) -> bytes:
    """The header chunk of a PNG of 1 to 4 channels of uint8 or uint16."""
    fields = (width, height, 8 * kind.itemsize, _COLOUR_TYPES[channels], 0, 0, 0)
    return chunk(b"IHDR", struct.pack(">IIBBBBB", *fields))


def encoded(strips: Iterator[NDArray[np.integer]]) -> Iterator[bytes]:
    """The IDAT chunks of a picture that comes as strips (rows, W, n), n from 2 to 4."""
    deflate = zlib.compressobj(_LEVEL)
    above = None
    for rows in strips:
        known = rows if above is None else np.concatenate([above, rows])
        # Room for filters and chunks: what imagecodecs leaves is too little for a column.
        room = 2 * known.nbytes + len(known) + _STRIP_HEADERS
        known = np.ascontiguousarray(known)
        small = memoryview(imagecodecs.png_encode(known, level=0, out=room))
        filtered = zlib.decompress(b"".join(data for name, data in _chunks(small) if name == _IDAT))
        length = 1 + rows.shape[1] * rows.shape[2] * rows.itemsize
        if data := deflate.compress(memoryview(filtered)[(len(known) - len(rows)) * length :]):
            yield chunk(_IDAT, data)
        above = rows[-1:].copy()
    yield chunk(_IDAT, deflate.flush())


def decoded(path: Path, strict: bool = True) -> Iterator[NDArray[np.integer]]:
    """The strips of a PNG that is not interlaced, from its first row to its last: (rows, W[, n]).

    They hold what libpng makes of the whole. With ``strict``, the file must be sound to its end,
    else, as libpng wants it, only to the end of its pixels. Raises ValueError, zlib.error or
    imagecodecs' errors for what is broken.
    """
    with open(path, "rb") as file:
        head = file.read(33)
        *fields, crc = struct.unpack_from(">IIBBBBBI", head, 16)
        if zlib.crc32(head[12:29]) != crc:
            raise ValueError("the checksum of its header is wrong")
        width, height, bits, colour_type = fields[:4]
        if colour_type not in _CHANNELS or fields[6]:
            raise ValueError(f"its colour type is {colour_type}, its interlacing {fields[6]}")
        meaning: dict[bytes, bytes] = {}
        row = -(-width * bits * _CHANNELS[colour_type] // 8)
        step = min(height, max(1, _STRIP_BYTES // (1 + row)))
        top = 0
        for rows in _unfiltered(_inflated(file, meaning, strict), row, bits, colour_type, step):
            rows = rows[: height - top]
            if not len(rows):
                break
            top += len(rows)
            yield _codes(rows, fields, meaning)
    if top != height:
        raise ValueError(f"it has {top} rows of {height}")


def _unfiltered(
    pieces: Iterator[bytes], row: int, bits: int, colour_type: int, step: int
) -> Iterator[NDArray[np.uint8]]:
    """The bytes of the rows without their filters, (rows, ``row``), ``step`` rows at a time."""
    size = max(1, bits * _CHANNELS[colour_type] // 8)
    depth, plain = _PLAIN[size]
    above = b""
    for filtered in _cut(pieces, step * (1 + row)):
        known = above + filtered
        count = len(known) // (1 + row)
        if len(filtered) <= row:
            return
        small = _picture((row // size, count, depth, plain, 0, 0, 0), known)
        rows = imagecodecs.png_decode(small)
        rows = rows.astype(rows.dtype.newbyteorder(">"), copy=False).reshape(count, -1)
        rows = rows.view(np.uint8)
        # A row without a filter.
        above, first = b"\0" + rows[-1].tobytes(), min(1, len(above))
        yield rows[first:]


def _codes(
    rows: NDArray[np.uint8], fields: list[int], meaning: dict[bytes, bytes]
) -> NDArray[np.integer]:
    """What the bytes of some rows stand for, by libpng: palette and transparency count."""
    filtered = np.pad(rows, ((0, 0), (1, 0))).tobytes()
    return imagecodecs.png_decode(_picture((fields[0], len(rows), *fields[2:]), filtered, meaning))


def _picture(
    fields: Sequence[int], filtered: bytes, meaning: dict[bytes, bytes] | None = None
) -> bytes:
    """A PNG file of filtered rows; bytes beyond them are left out."""
    parts = [SIGNATURE, chunk(b"IHDR", struct.pack(">IIBBBBB", *fields))]
    parts += [chunk(*named) for named in (meaning or {}).items()]
    parts += [chunk(_IDAT, zlib.compress(filtered, 0)), chunk(b"IEND", b"")]
    return b"".join(parts)


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    position = len(SIGNATURE)
    while position < len(data):
        size, name = struct.unpack_from(">I4s", data, position)
        yield name, data[position + 8 : position + 8 + size]
        position += 12 + size


def _inflated(file: BinaryIO, meaning: dict[bytes, bytes], strict: bool) -> Iterator[bytes]:
    """What the IDAT chunks of an open PNG hold, from where it stands; their sums are checked.

    ``meaning`` is filled with the chunks that tell what codes stand for.
    """
    inflate = zlib.decompressobj()
    while True:
        head = file.read(8)
        if len(head) < 8:
            raise ValueError("it is cut")
        size, name = struct.unpack(">I4s", head)
        crc, left, kept = zlib.crc32(name), size, b""
        while left:
            data = file.read(min(left, _PIECE))
            if not data:
                raise ValueError("it is cut")
            left -= len(data)
            crc = zlib.crc32(data, crc)
            if name in (_PALETTE, _TRANSPARENT):
                kept += data
            while name == _IDAT and data:
                yield inflate.decompress(data, _STRIP_BYTES)
                data = inflate.unconsumed_tail
        if crc != int.from_bytes(file.read(4)):
            if strict or not name[0] & _ANCILLARY:
                raise ValueError("a checksum is wrong")
        elif kept:
            meaning.setdefault(name, kept)
        if name == b"IEND" or (inflate.eof and not strict):
            break
        if not name[0] & _ANCILLARY and name not in (_PALETTE, _IDAT):
            raise ValueError(f"it has a chunk {name!r} that is not known")
    yield inflate.flush()
    if not inflate.eof:
        raise ValueError("its pixels are cut")


def _cut(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The same bytes, ``size`` at a time."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= size:
            yield bytes(waiting[:size])
            del waiting[:size]
    if waiting:
        yield bytes(waiting)
