"""PNG: the coloured file has the source's bit depth and its ancillary chunks."""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from ..mark import CREDENTIALS_LEFT
from . import png_strips
from .exif import orientation_of
from .faults import animation, check_pixels, damaged
from .icc import profile_for_colour
from .picture import (
    Picture,
    Written,
    coloured_strips,
    picture_from_pixels,
    picture_from_strips,
)
from .raster import verified_strips
from .thumbnail import exif_with_thumbnail

_XMP_KEYWORD = b"XML:com.adobe.xmp\0"
# What speaks of the old pixels' coding, and what is written anew.
_CREDENTIALS = b"caBX"
_NOT_CARRIED = {b"tRNS", b"bKGD", b"hIST", b"sBIT", b"sPLT", b"iCCP"}
_MOST_TEXT = 1 << 24


@dataclass(frozen=True)
class Header:
    """The size of a PNG, and its ancillary chunks in their order: (name, content)."""

    height: int
    width: int
    chunks: tuple[tuple[bytes, bytes], ...]
    interlaced: bool = False


def read(path: Path, max_pixels: int) -> Picture:
    """Decode a PNG. Raises ItemError for what is broken or not supported."""
    try:
        header = _parse(path)
    except (struct.error, ValueError) as error:
        raise damaged(path, str(error)) from error
    check_pixels(header.height, header.width, max_pixels)
    if any(name == b"acTL" for name, _ in header.chunks):
        raise animation("an animated PNG")
    facts = {
        "orientation": orientation_of(dict(header.chunks).get(b"eXIf", b"")),
        "xmp": _xmp(header.chunks),
        "icc": _icc(header.chunks),
        "store": header,
    }
    try:
        if header.interlaced:
            return picture_from_pixels(imagecodecs.png_decode(path.read_bytes()), **facts)
        pieces = png_strips.decoded(path, strict=False)
        return picture_from_strips(header.height, header.width, pieces, **facts)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # imagecodecs raises several types, even UnicodeDecodeError
        raise damaged(path, f"the picture data is cut or broken ({error})") from error


def _parse(path: Path) -> Header:
    chunks, fields = [], None
    with open(path, "rb") as file:
        if file.read(len(png_strips.SIGNATURE)) != png_strips.SIGNATURE:
            raise ValueError("it does not begin as a PNG file does")
        for name, content in _chunks(file):
            if name == b"IHDR":
                fields = struct.unpack_from(">IIBBBBB", content)
            elif name[:1].islower():
                chunks.append((name, content))
    if fields is None:
        raise ValueError("its header is missing")
    return Header(fields[1], fields[0], tuple(chunks), bool(fields[6]))


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Name and content of each chunk; the content of IDAT is left out. Ends where the file does."""
    length = os.fstat(file.fileno()).st_size
    while len(head := file.read(8)) == 8:
        size, name = struct.unpack(">I4s", head)
        if name == b"IEND" or file.tell() + size + 4 > length:
            return
        content = b"" if name == b"IDAT" else file.read(size)
        file.seek(4 if content else size + 4, os.SEEK_CUR)
        yield name, content


def _xmp(chunks) -> bytes:
    for name, content in chunks:
        if name == b"iTXt" and content.startswith(_XMP_KEYWORD):
            compressed = content[len(_XMP_KEYWORD) : len(_XMP_KEYWORD) + 1] == b"\1"
            parts = content[len(_XMP_KEYWORD) + 2 :].split(b"\0", 2)
            text = parts[2] if len(parts) == 3 else b""
            return _inflated(text) if compressed else text
    return b""


def _icc(chunks) -> bytes:
    content = dict(chunks).get(b"iCCP", b"")
    return _inflated(content.partition(b"\0")[2][1:])


def _inflated(data: bytes) -> bytes:
    """Inflate, but never beyond 16 MB; empty if the data is broken."""
    try:
        return zlib.decompressobj().decompress(data, _MOST_TEXT)
    except zlib.error:
        return b""


def write(part: Path, picture: Picture, ab: NDArray[np.float32], xmp: bytes) -> Written:
    """Write the coloured PNG with the source's chunks, and check it."""
    icc, notes = profile_for_colour(picture.icc)
    before, after = [], []
    if icc:
        before.append((b"iCCP", b"ICC profile\0\0" + zlib.compress(icc)))
    if xmp:
        before.append((b"iTXt", _XMP_KEYWORD + b"\0\0\0\0" + xmp))
    for name, content in picture.store.chunks:
        if name == _CREDENTIALS:
            notes = [*notes, CREDENTIALS_LEFT]
            continue
        if name in _NOT_CARRIED or (name == b"iTXt" and content.startswith(_XMP_KEYWORD)):
            continue
        if name == b"eXIf":
            content, changed = exif_with_thumbnail(content, picture, ab)
            notes = [*notes, *changed]
        # A grey tone curve goes with its profile; text and dates may stand behind the pixels.
        (after if name in (b"tEXt", b"zTXt", b"tIME") else before).append((name, content))
    _write_with_chunks(part, picture, ab, before, after)
    return verified_strips(png_strips.decoded(part), picture, [*picture.notes, *notes])


def _write_with_chunks(part: Path, picture: Picture, ab, before, after) -> None:
    """The coloured PNG with further chunks before and behind its pixels."""
    channels = 3 if picture.alpha is None else 4
    with open(part, "wb") as file:
        file.write(png_strips.SIGNATURE)
        file.write(png_strips.header(*picture.luma.shape, channels, picture.luma.dtype))
        file.writelines(png_strips.chunk(*named) for named in before)
        file.writelines(png_strips.encoded(_coloured_strips(picture, ab)))
        file.writelines(png_strips.chunk(*named) for named in (*after, (b"IEND", b"")))


def _coloured_strips(picture: Picture, ab) -> Iterator[NDArray[np.integer]]:
    for rows, rgb in coloured_strips(picture, ab):
        yield rgb if picture.alpha is None else np.dstack([rgb, picture.alpha[rows]])
