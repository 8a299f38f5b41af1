"""JPEG 2000: decoded, and written lossless (the reversible transform) with the source's boxes.

Formats: ITU-T T.800, annexes A (codestream) and I (JP2 file).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from ..errors import ItemError
from .exif import orientation_of
from .faults import check_pixels, convert_remedy, damaged
from .icc import profile_for_colour
from .picture import Picture, Written, coloured, picture_from_pixels
from .raster import verified
from .thumbnail import exif_with_thumbnail

_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_FILE_TYPE = b"\0\0\0\x14ftypjp2 \0\0\0\0jp2 "
_CODESTREAM = b"\xff\x4f\xff\x51"
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"JpgTiffExif->JP2"
# What tells of the pixels is written anew; the order of the others stays.
_STRUCTURE = {b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"rreq"}
_ENUMERATED_SRGB = 16


@dataclass(frozen=True)
class Store:
    """``boxes`` beside picture and header; None in ``resolution`` if there is none. A bare
    codestream has no place for any of them."""

    bare: bool
    boxes: tuple[tuple[bytes, bytes], ...]
    resolution: bytes


def read(path: Path, max_pixels: int) -> Picture:
    """Decode a JP2 file or a bare codestream. Raises ItemError for what is broken."""
    data = path.read_bytes()
    try:
        bare = data.startswith(_CODESTREAM)
        boxes = [] if bare else list(_boxes(data))
        streams = [data] if bare else [content for name, content in boxes if name == b"jp2c"]
        stream = streams[0] if streams else b""
        height, width, parts = _size(stream)
        check_pixels(height, width, max_pixels)
        header = dict(_boxes(dict(boxes).get(b"jp2h", b"")))
        _check_coding(path, header, parts)
        # Of a whole JP2 the decoder would convert the pixels to sRGB by the profile.
        pixels = imagecodecs.jpeg2k_decode(stream, planar=False)
        if pixels.shape[:2] != (height, width):
            raise ValueError(f"its pixels have the shape {pixels.shape}")
    except (MemoryError, ItemError):
        raise
    except Exception as error:  # imagecodecs raises several types
        raise damaged(path, str(error)) from error
    kept = tuple(box for box in boxes if box[0] not in _STRUCTURE)
    known = {content[:16]: content[16:] for name, content in kept if name == b"uuid"}
    bits = parts[0].bits
    if bits not in (8, 16):
        pixels = _spread(pixels, bits)
    return picture_from_pixels(
        pixels,
        orientation=orientation_of(known.get(_EXIF, b"")),
        xmp=known.get(_XMP, b""),
        icc=_profile(header.get(b"colr", b"")),
        notes=["further pictures in the file left out"] if len(streams) > 1 else [],
        store=Store(bare, kept, header.get(b"res ", b"")),
    )


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, position)
        begin = position + 8
        if size == 1 and position + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, begin)
            begin += 8
        end = len(data) if size == 0 else position + size
        if end < begin:
            raise ValueError("its boxes are broken")
        yield name, data[begin:end]
        position = end


class _Component(NamedTuple):
    """How a component is stored: bits a sample, and the grid's points between two of them."""

    bits: int
    signed: bool
    step: tuple[int, int]


def _size(stream: bytes) -> tuple[int, int, list[_Component]]:
    """Height, width and components, from the codestream's SIZ segment."""
    if not stream.startswith(_CODESTREAM) or len(stream) < 42:
        raise ValueError("its codestream is missing")
    x1, y1, x0, y0 = struct.unpack_from(">4I", stream, 8)
    (count,) = struct.unpack_from(">H", stream, 40)
    parts = stream[42 : 42 + 3 * count]
    if not 0 < count < 5 or len(parts) < 3 * count:
        raise ValueError(f"it has {count} components")
    components = [
        _Component(1 + (sample & 0x7F), sample > 0x7F, (down, across))
        for sample, across, down in zip(*(parts[i::3] for i in range(3)), strict=True)
    ]
    return y1 - y0, x1 - x0, components


def _check_coding(path: Path, header: dict[bytes, bytes], parts: list[_Component]) -> None:
    kind = ""
    if len({part.bits for part in parts}) > 1 or parts[0].bits > 16:
        kind = f"a JPEG 2000 of {[part.bits for part in parts]} bits"
    elif any(part.signed for part in parts):
        kind = "a JPEG 2000 of signed samples"
    elif any(part.step != (1, 1) for part in parts):
        kind = "a JPEG 2000 with components of reduced size"
    elif b"pclr" in header:
        kind = "a JPEG 2000 with a palette"
    elif header.get(b"colr", b"")[:1] == b"\1":
        space = int.from_bytes(header[b"colr"][3:7])
        if space not in (16, 17):
            kind = f"a JPEG 2000 in the colour space {space}"
    if kind:
        raise ItemError(f"It is {kind}, which is not supported.", convert_remedy(path))


def _spread(pixels: NDArray[np.integer], bits: int) -> NDArray[np.integer]:
    peak, kind = (255, np.uint8) if bits < 8 else (65535, np.uint16)
    most = 2**bits - 1
    return np.rint(np.arange(most + 1) * (peak / most)).astype(kind)[np.minimum(pixels, most)]


def _profile(colour: bytes) -> bytes:
    return colour[3:] if colour[:1] in (b"\2", b"\3") else b""


def write(part: Path, picture: Picture, ab: NDArray[np.float32], xmp: bytes) -> Written:
    """Write the coloured picture lossless with the source's boxes, and check it."""
    store: Store = picture.store
    pixels = coloured(picture, ab)
    stream = imagecodecs.jpeg2k_encode(
        pixels, level=0, codecformat="j2k", reversible=True, mct=picture.alpha is None
    )
    notes = ["written lossless"]
    if store.bare:
        part.write_bytes(stream)
        return replace(verified(part, picture, read, notes), marked=False)
    icc, changed = profile_for_colour(picture.icc)
    header = _header(pixels, icc) + (_box(b"res ", store.resolution) if store.resolution else b"")
    with open(part, "wb") as file:
        file.write(_SIGNATURE + _FILE_TYPE + _box(b"jp2h", header))
        for name, content in store.boxes:
            if name == b"uuid" and content.startswith(_XMP):
                continue
            if name == b"uuid" and content.startswith(_EXIF):
                exif, more = exif_with_thumbnail(content[16:], picture, ab)
                content = _EXIF + exif
                changed += more
            file.write(_box(name, content))
        if xmp:
            file.write(_box(b"uuid", _XMP + xmp))
        # Size 0: to the end of the file, whatever its length.
        file.write(struct.pack(">I4s", 0, b"jp2c") + stream)
    return verified(part, picture, read, [*changed, *notes])


def _header(pixels: NDArray[np.integer], icc: bytes) -> bytes:
    height, width, channels = pixels.shape
    bits = 8 * pixels.dtype.itemsize
    boxes = _box(b"ihdr", struct.pack(">IIHBBBB", height, width, channels, bits - 1, 7, 0, 0))
    if icc:
        boxes += _box(b"colr", b"\2\0\0" + icc)
    else:
        boxes += _box(b"colr", b"\1\0\0" + struct.pack(">I", _ENUMERATED_SRGB))
    if channels == 4:
        roles = ((0, 0, 1), (1, 0, 2), (2, 0, 3), (3, 1, 0))
        boxes += _box(
            b"cdef", struct.pack(">H", 4) + b"".join(struct.pack(">3H", *r) for r in roles)
        )
    return boxes


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content
