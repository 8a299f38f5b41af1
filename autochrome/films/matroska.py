"""What FFmpeg's Matroska muxer, as PyAV drives it, cannot be told: the shape of the pixels.

H.264 says it in its own headers, FFV1, ProRes and AV1 do not. The muxer writes a track name with
room to spare; afterwards the room is given to DisplayWidth and DisplayHeight, so that nothing in
the file moves. (Matroska: RFC 9559; EBML: RFC 8794.)
"""

import math
import zlib
from collections.abc import Iterator
from pathlib import Path

from ..errors import ItemError

_SEGMENT, _TRACKS, _ENTRY, _NAME, _VIDEO = 0x18538067, 0x1654AE6B, 0xAE, 0x536E, 0xE0
_DISPLAY_WIDTH, _DISPLAY_HEIGHT, _DISPLAY_UNIT = 0x54B0, 0x54BA, 0x54B2
_VOID, _CRC = 0xEC, 0xBF

# More than the two new elements and the longer sizes around them need.
_ROOM = "." * 40


def name_with_room(title: str) -> str:
    """The name to give a video track whose pixel aspect `set_aspect` will write."""
    return title + _ROOM


def set_aspect(path: Path, title: str, size: tuple[int, int], aspect: tuple[int, int]) -> None:
    """Write the pixel aspect of the first track into a finished file, and its name anew.

    ``size`` is width and height in pixels, ``aspect`` the pixel's width to its height. The track
    must have been named by `name_with_room`. Raises ItemError if it has no such room.
    """
    with open(path, "r+b") as file:
        start, length = _find(file, (_SEGMENT, _TRACKS))
        file.seek(start)
        tracks = file.read(length)
        file.seek(start)
        file.write(_changed(tracks, title, _display_size(*size, *aspect)))


def _display_size(width: int, height: int, across: int, down: int) -> tuple[int, int]:
    """Width and height that give the shape exactly, near the picture's own height."""
    wide, high = width * across, height * down
    common = math.gcd(wide, high)
    wide, high = wide // common, high // common
    times = max(1, round(height / high))
    return wide * times, high * times


def _find(file, path: tuple[int, ...]) -> tuple[int, int]:
    """Place and length of the content of the element at this path of ids."""
    position, wanted = 0, list(path)
    while wanted:
        file.seek(position)
        head = file.read(16)
        if not head:
            break
        kind, length, skipped = _head(head, 0)
        if kind == wanted[0]:
            wanted.pop(0)
            position += skipped
        else:
            position += skipped + length
    if wanted:
        raise _no_room()
    return position, length


def _changed(tracks: bytes, title: str, display: tuple[int, int]) -> bytes:
    """The content of Tracks with the first entry rebuilt, of the same length."""
    parts, is_done = [], False
    for kind, content, whole in _children(tracks):
        if kind == _ENTRY and not is_done:
            head = whole[: len(whole) - len(content)]
            parts.append(head + _entry(content, title, display))
            is_done = True
        elif kind != _CRC:
            parts.append(whole)
    result = b"".join(parts)
    if len(result) == len(tracks) - 6:
        result = _element(_CRC, zlib.crc32(result).to_bytes(4, "little")) + result
    if not is_done or len(result) != len(tracks):
        raise _no_room()
    return result


def _entry(content: bytes, title: str, display: tuple[int, int]) -> bytes:
    parts = []
    for kind, inner, whole in _children(content):
        if kind == _NAME:
            parts.append(_element(_NAME, title.encode(errors="surrogateescape")) if title else b"")
        elif kind == _VIDEO:
            kept = [
                child
                for name, _, child in _children(inner)
                if name not in (_DISPLAY_WIDTH, _DISPLAY_HEIGHT, _DISPLAY_UNIT)
            ]
            kept += [_number(_DISPLAY_WIDTH, display[0]), _number(_DISPLAY_HEIGHT, display[1])]
            parts.append(_element(_VIDEO, b"".join(kept)))
        else:
            parts.append(whole)
    rest = len(content) - sum(map(len, parts))
    if rest < 2:
        raise _no_room()
    size = 1 if rest < 100 else 2
    void = bytes([_VOID]) + _size(rest - 1 - size, size) + bytes(rest - 1 - size)
    return b"".join(parts) + void


def _children(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Id, content and whole bytes of each element."""
    at = 0
    while at < len(content):
        kind, length, skipped = _head(content, at)
        end = at + skipped + length
        yield kind, content[at + skipped : end], content[at:end]
        at = end


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """Id, length of the content, and length of both."""
    id_bytes = 9 - data[at].bit_length()
    kind = int.from_bytes(data[at : at + id_bytes], "big")
    first = data[at + id_bytes]
    size_bytes = 9 - first.bit_length()
    raw = data[at + id_bytes : at + id_bytes + size_bytes]
    length = int.from_bytes(raw, "big") & ((1 << (7 * size_bytes)) - 1)
    return kind, length, id_bytes + size_bytes


def _element(kind: int, content: bytes) -> bytes:
    size_bytes = next(n for n in range(1, 9) if len(content) < (1 << (7 * n)) - 1)
    head = kind.to_bytes((kind.bit_length() + 7) // 8, "big")
    return head + _size(len(content), size_bytes) + content


def _size(length: int, size_bytes: int) -> bytes:
    return (length | 1 << (7 * size_bytes)).to_bytes(size_bytes, "big")


def _number(kind: int, value: int) -> bytes:
    return _element(kind, value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _no_room() -> ItemError:
    return ItemError(
        "The pixel aspect could not be written into the Matroska file.",
        "Please report this: it is a fault of Autochrome.",
    )
