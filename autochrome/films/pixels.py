"""A film's pixel format: where its luma lies, on which codes, and what the result is written in.

*Luma* is the film's own Y' plane, code for code; where there is none (RGB, palette) it is made
once from R'G'B' and is the original's luma from then on.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ..color import REC601, REC709, REC2020, luma_from_rgb
from ..errors import ItemError

# Numbers of ISO/IEC 23091-2 (H.273), as FFmpeg and the containers have them.
_RGB, _BT709, _UNSPECIFIED, _BT470BG, _SMPTE170M = 0, 1, 2, 5, 6
_BT2020 = (9, 10)
_PQ_AND_HLG = (16, 18)
_LIMITED, _FULL = 1, 2

# The formats that hold grey or RGB without saying so are full range unless they are tagged.
_FULL_RANGE_PREFIXES = ("yuvj", "gray", "ya", "mono", "pal")


@dataclass(frozen=True)
class Picture:
    """What every frame of a film has in common.

    ``depth`` is the luma's bits, ``full`` whether its codes are full range, ``matrix``,
    ``primaries`` and ``transfer`` H.273 numbers with nothing left unspecified, ``fields`` "tff",
    "bff" or "" (progressive), ``display`` FFmpeg's nine display matrix numbers or none.
    ``inverted``: the film is a negative, and its luma is taken as the positive's.
    """

    width: int
    height: int
    format: str
    depth: int
    full: bool
    matrix: int
    primaries: int
    transfer: int
    fields: str
    aspect: tuple[int, int]
    display: tuple[int, ...]
    inverted: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Picture":
        return cls(
            **{**value, "aspect": tuple(value["aspect"]), "display": tuple(value["display"])}
        )

    @property
    def weights(self) -> tuple[float, float, float]:
        """Weights of R', G', B' in the luma."""
        if self.matrix in _BT2020:
            return REC2020
        return REC709 if self.matrix == _BT709 else REC601

    @property
    def is_anamorphic(self) -> bool:
        """Are its pixels not square?"""
        return self.aspect[0] > 0 and self.aspect[0] != self.aspect[1]

    @property
    def is_hdr(self) -> bool:
        return self.transfer in _PQ_AND_HLG

    def notes(self) -> dict[str, Any]:
        """What a person should know about how this picture is read."""
        notes: dict[str, Any] = {}
        if self.inverted:
            notes["inverted"] = "a negative, as the settings say"
        if is_rgb(self.format):
            notes["luma_source"] = "made from R'G'B', full range"
        if any(component.is_alpha for component in av.VideoFormat(self.format).components):
            notes["alpha"] = "dropped"
        if self.primaries in _BT2020:
            notes["primaries"] = "Rec. 2020: the colours come out stronger than with Rec. 709"
        return notes


def picture_of(frame: av.VideoFrame, stream: av.VideoStream) -> Picture:
    """Read a film's common properties off its first frame; ``fields`` is left open."""
    name = frame.format.name
    full = frame.color_range == _FULL or (
        frame.color_range != _LIMITED and (name.startswith(_FULL_RANGE_PREFIXES) or is_rgb(name))
    )
    if is_rgb(name):
        full = True
    matrix = frame.colorspace
    if matrix not in (_BT709, _BT470BG, _SMPTE170M, *_BT2020):
        # What players assume of an untagged film; colour makes it matter, so the result says it.
        matrix = _BT709 if frame.height >= 720 else _SMPTE170M
    aspect = stream.sample_aspect_ratio
    return Picture(
        width=frame.width,
        height=frame.height,
        format=name,
        depth=_depth_of(frame.format),
        full=full,
        matrix=matrix,
        primaries=_given(frame.color_primaries, 9 if matrix in _BT2020 else matrix),
        transfer=_given(frame.color_trc, 14 if matrix in _BT2020 else _like(matrix)),
        fields="",
        aspect=(aspect.numerator, aspect.denominator) if aspect else (0, 1),
        display=_display_matrix(frame),
    )


def _given(value: int, otherwise: int) -> int:
    return otherwise if value in (0, _UNSPECIFIED) else value


def _like(matrix: int) -> int:
    return _BT709 if matrix == _BT709 else _SMPTE170M


def _display_matrix(frame: av.VideoFrame) -> tuple[int, ...]:
    try:
        given = list(frame.side_data)
    except ValueError:
        # A kind that PyAV (18.1) does not know, such as EXIF: of the matrix it tells the angle.
        return _rotation_matrix(frame.rotation)
    for data in given:
        if data.type.name == "DISPLAYMATRIX":
            return tuple(int(v) for v in np.frombuffer(bytes(data), np.int32))
    return ()


def _rotation_matrix(degrees: int) -> tuple[int, ...]:
    """The display matrix of a rotation, counterclockwise, as FFmpeg has it; none of no rotation."""
    if not degrees:
        return ()
    cosine, sine = (round((1 << 16) * f(math.radians(degrees))) for f in (math.cos, math.sin))
    return (cosine, -sine, 0, sine, cosine, 0, 0, 0, 1 << 30)


def is_rgb(name: str) -> bool:
    return av.VideoFormat(name).is_rgb or name.startswith("pal")


def _depth_of(pixel_format: av.VideoFormat) -> int:
    if pixel_format.has_palette or pixel_format.name.startswith("mono"):
        return 8
    return max(8, max(component.bits for component in pixel_format.components[:3]))


def luma_of(frame: av.VideoFrame, picture: Picture) -> NDArray[np.integer]:
    """The luma of a decoded frame, on the film's own codes; of a negative, the positive's.

    uint8 or uint16 (H, W), contiguous. Raises ItemError if the frame is of another size or kind
    than the film's first.
    """
    if (frame.width, frame.height) != (picture.width, picture.height):
        raise ItemError(
            f"The picture changes its size from {picture.width} × {picture.height} to "
            f"{frame.width} × {frame.height} in the middle.",
            "Cut it there into two films, or convert it to one size first (with FFmpeg).",
        )
    if is_rgb(frame.format.name):
        return _positive(_luma_from_rgb(frame, picture), picture)
    plain = _planar(frame)
    if _depth_of(plain.format) != picture.depth:
        raise ItemError(
            f"The picture changes its depth from {picture.depth} bits in the middle.",
            "Convert it to one pixel format first, for example with FFmpeg.",
        )
    return _positive(np.ascontiguousarray(plane_array(plain, 0)), picture)


def _positive(luma: NDArray[np.integer], picture: Picture) -> NDArray[np.integer]:
    """The luma, or of a negative its inverse: black and white change places.

    What is whiter than white in limited range becomes blacker than black, as far as codes go.
    """
    if not picture.inverted:
        return luma
    black, span = luma_scale(picture.depth, picture.full)
    return luma.dtype.type(2 * black + span) - np.minimum(luma, luma.dtype.type(2 * black + span))


def _planar(frame: av.VideoFrame) -> av.VideoFrame:
    """The same luma in a format whose first plane is luma alone, in this machine's byte order."""
    pixel_format = frame.format
    first = [c for c in pixel_format.components if c.plane == 0]
    if len(first) == 1 and not pixel_format.is_big_endian and not pixel_format.is_bit_stream:
        plain = pixel_format.name
        if not plain.startswith(("p0", "p2", "p4")):
            return frame
    depth = _depth_of(pixel_format)
    grey = "gray" if depth == 8 else f"gray{depth}le"
    return frame.reformat(format=grey, src_color_range=_FULL, dst_color_range=_FULL)


def plane_array(frame: av.VideoFrame, index: int) -> NDArray[np.integer]:
    """A plane as a view: uint8 or uint16 (H, W) without its padding."""
    plane = frame.planes[index]
    kind = np.dtype(np.uint8 if frame.format.components[index].bits <= 8 else np.uint16)
    line = abs(plane.line_size) // kind.itemsize
    rows = np.frombuffer(plane, kind)[: plane.height * line].reshape(plane.height, line)
    rows = rows[:, : plane.width]
    return rows[::-1] if plane.line_size < 0 else rows


def _luma_from_rgb(frame: av.VideoFrame, picture: Picture) -> NDArray[np.integer]:
    if picture.depth == 8:
        return luma_from_rgb(frame.to_ndarray(format="rgb24"), picture.weights)
    rgb = frame.to_ndarray(format="rgb48le")
    return luma_from_rgb(rgb >> (16 - picture.depth), picture.weights)


def full_range_luma(luma: NDArray[np.integer], picture: Picture) -> NDArray[np.float32]:
    """Luma as float32 in [0, 1], full range, of integer codes of any shape."""
    black, span = luma_scale(picture.depth, picture.full)
    return np.clip((luma.astype(np.float32) - np.float32(black)) * np.float32(1 / span), 0, 1)


def luma_scale(depth: int, full: bool) -> tuple[int, int]:
    """The code of black, and from there to white."""
    return (0, 2**depth - 1) if full else (16 << (depth - 8), 219 << (depth - 8))
