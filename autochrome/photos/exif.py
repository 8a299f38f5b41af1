"""What must be understood of EXIF: how a picture is turned, and where its thumbnail lies.

Format: Exif 2.32 (a TIFF 6.0 stream), 4.5.5 and 4.6.4.
"""

import struct
from dataclasses import dataclass

from PIL import Image

_ORIENTATION = 0x0112
_OFFSET, _LENGTH = 0x0201, 0x0202
_MOST_ENTRIES = 512


def orientation_of(exif: bytes) -> int:
    """Orientation 1 … 8 from an EXIF block (a TIFF stream); 1 if it says nothing sensible."""
    if not exif:
        return 1
    try:
        block = Image.Exif()
        block.load(exif)
        value = block.get(_ORIENTATION, 1)
    except Exception:  # a broken block may raise anything, and then it says nothing
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


@dataclass(frozen=True)
class Thumbnail:
    """A JPEG inside an EXIF block: its bytes, where they begin, where the fields for that are."""

    data: bytes
    start: int
    order: str
    offset_field: int
    length_field: int


def find_thumbnail(exif: bytes) -> Thumbnail | None:
    """The JPEG thumbnail of an EXIF block's second directory, None if there is none."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return None
    try:
        (first,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, first)
        (second,) = struct.unpack_from(order + "I", exif, first + 2 + 12 * count)
        if not second:
            return None
        (count,) = struct.unpack_from(order + "H", exif, second)
        fields = {}
        for number in range(min(count, _MOST_ENTRIES)):
            place = second + 2 + 12 * number
            code, kind, values, value = struct.unpack_from(order + "HHII", exif, place)
            if code in (_OFFSET, _LENGTH) and (kind, values) == (4, 1):
                fields[code] = value, place + 8
    except struct.error:
        return None
    if len(fields) < 2:
        return None
    start, length = fields[_OFFSET][0], fields[_LENGTH][0]
    data = exif[start : start + length]
    if len(data) != length or not data.startswith(b"\xff\xd8"):
        return None
    return Thumbnail(data, start, order, fields[_OFFSET][1], fields[_LENGTH][1])


def replace_thumbnail(exif: bytes, old: Thumbnail, new: bytes) -> bytes:
    """The block with another thumbnail; nothing else in it moves, so maker notes stay valid.

    A longer one goes to the end of the block, and zeros take the old one's place.
    """
    block = bytearray(exif)
    end = old.start + len(old.data)
    block[old.start : end] = bytes(len(old.data))
    start = old.start
    if end == len(block):
        del block[start:]
        block += new
    elif len(new) <= len(old.data):
        block[start : start + len(new)] = new
    else:
        block += bytes(len(block) % 2)
        start = len(block)
        block += new
    struct.pack_into(old.order + "I", block, old.offset_field, start)
    struct.pack_into(old.order + "I", block, old.length_field, len(new))
    return bytes(block)
