"""A grey JPEG's own scans, byte for byte, with scans of new chroma behind them.

A scan of one component is coded in the same way however many components the picture has (ITU-T
T.81, A.2.2: its blocks are those of its own size, row by row). So the entropy-coded luma is taken
over as it is, and the result has a scan for each component, or several if it is progressive: the
form that ``jpegtran -scans`` makes, which the baseline process of T.81 includes.
"""

import io
import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .jpeg_coefficients import TransplantError

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_DHT, _SOS, _DQT, _DNL, _DRI = 0xC4, 0xDA, 0xDB, 0xDC, 0xDD
_PROGRESSIVE = 0xC2
_PIECE = 1 << 20
_FRAMES = {0xC0, 0xC1, _PROGRESSIVE}
# Of a large picture the segments are views of one file, not copies.
Segments = list[tuple[int, bytes | memoryview]]


def join_scans(
    stripped: bytes, size: tuple[int, int], chroma: NDArray[np.uint8], table: list[int]
) -> bytes:
    """A 4:2:0 file: the scans of a grey JPEG as they are, then those of new chroma.

    ``stripped`` is the source without the APPn and COM segments before its first scan, ``size``
    its height and width, ``chroma`` uint8 (2, ceil(H/2), ceil(W/2)), ``table`` its quantisation as
    Pillow has it. The result is taken apart again: its luma is the same bytes under the same
    tables. Raises TransplantError where the source is not built as expected.
    """
    source = list(_segments(stripped))
    code, frame = _frame_of(source)
    if struct.unpack_from(">HH", frame, 5) != size or len(frame) != 13 or frame[9] != 1:
        raise TransplantError("its frame header is not that of a grey picture")
    luma, luma_table = frame[10], frame[12]
    cb, cr = [name for name in range(1, 4) if name != luma][:2]
    chroma_table = _free_table(source)
    components = [(luma, 0x22, luma_table), (cb, 0x11, chroma_table), (cr, 0x11, chroma_table)]
    header = struct.pack(">BHHB", 8, *size, 3) + b"".join(map(bytes, components))
    joined: Segments = []
    for segment in source:
        joined.append((code, _segment(code, header)) if segment[0] == code else segment)
    joined.append((_DRI, _segment(_DRI, bytes(2))))
    for name, plane in zip((cb, cr), chroma, strict=True):
        joined += _renamed(_encoded(plane, table, code == _PROGRESSIVE), name, chroma_table)
    result = _SOI + b"".join(data for _, data in joined) + _EOI
    _verify(result, source, luma)
    return result


def _segments(data: bytes) -> Iterator[tuple[int, memoryview]]:
    """Code and bytes of each segment up to the end marker, a scan's data with its header."""
    markers = _markers(data)
    data = memoryview(data)
    position = 2
    while True:
        code = data[position + 1] if position + 1 < len(data) else 0
        if data[position : position + 1] != b"\xff" or code in (0, 1, _DNL, 0xFF):
            raise TransplantError("there is something unusual between its segments")
        if code == _EOI[1]:
            return
        end = position + 2 + int.from_bytes(data[position + 2 : position + 4])
        if code == _SOS:
            following = np.searchsorted(markers, end)
            if following == len(markers):
                raise TransplantError("its last scan does not end")
            end = int(markers[following])
        yield code, data[position:end]
        position = end


def _markers(data: bytes) -> NDArray[np.intp]:
    """Where entropy-coded data may end: a zero or a restart number after 0xFF belongs to it."""
    codes = np.frombuffer(data, np.uint8)
    found = np.flatnonzero(codes[:-1] == 0xFF)
    after = codes[found + 1]
    return found[(after != 0) & ((after < 0xD0) | (after > 0xD7))]


def _frame_of(segments: Segments) -> tuple[int, bytes]:
    frames = [segment for segment in segments if segment[0] in _FRAMES]
    if len(frames) != 1:
        raise TransplantError("it has no frame header that is known, or several")
    return frames[0]


def _free_table(segments: Segments) -> int:
    """A number under which no quantisation table is defined."""
    used = set()
    for code, data in segments:
        if code != _DQT:
            continue
        position = 4
        while position < len(data):
            used.add(data[position] & 15)
            position += 1 + 64 * (1 + (data[position] >> 4))
    free = {0, 1, 2, 3} - used
    if not free:
        raise TransplantError("it defines all quantisation tables that there can be")
    return min(free)


def _encoded(plane: NDArray[np.uint8], table: list[int], progressive: bool) -> Segments:
    buffer = io.BytesIO()
    image = Image.fromarray(plane)
    # Huffman tables of its own would save a twentieth of it, in twice the time.
    image.save(buffer, "JPEG", qtables=[table], progressive=progressive)
    return list(_segments(buffer.getvalue()))


def _renamed(plane: Segments, name: int, table: int) -> Segments:
    """The tables and scans of a grey picture as those of the component ``name``."""
    renamed = []
    for code, data in plane:
        if code == _SOS:
            data = b"".join([data[:5], bytes((name,)), data[6:]])
        elif code == _DQT:
            data = b"".join([data[:4], bytes((table,)), data[5:]])
        if code in (_SOS, _DQT, _DHT):
            renamed.append((code, data))
    return renamed


def _segment(code: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(payload) + 2) + payload


def _equal(one: memoryview, other: memoryview) -> bool:
    # Views are compared value by value, which takes twenty times as long.
    return len(one) == len(other) and all(
        one[start : start + _PIECE].tobytes() == other[start : start + _PIECE].tobytes()
        for start in range(0, len(one), _PIECE)
    )


def _verify(result: bytes, source: Segments, luma: int) -> None:
    """Is luma coded by the source's scans, under the source's tables, and by nothing else?"""
    back = list(_segments(result))
    own, new = back[: len(source)], back[len(source) :]
    same = all(
        code in _FRAMES or (code == other and _equal(data, wanted))
        for (code, data), (other, wanted) in zip(own, source, strict=True)
    )
    scans = [data[4:6] for code, data in new if code == _SOS]
    if not same or any(scan[0] != 1 or scan[1] == luma for scan in scans):
        raise TransplantError("the scans read back are not those that were written")
