"""Is a film in colour, of one tone, or grey? Measured on small copies of its Y', Cb, Cr.

In a tinted or toned film the colour is a function of the luma alone. So (Cb, Cr) is fitted as a
smooth function of Y', as it is for photographs, and the distance that 8 % of the picture exceed
is the figure: a station's mark in a corner is less than that. Neighbouring frames are averaged
before, which leaves out the chroma noise of tape.
"""

import math
from collections import deque

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from ..color import REC601, distance_from_one_tone
from .pixels import is_rgb, plane_array

# Area means of this many columns leave out grain and what compression does.
_COLUMNS = 32
_PERCENTILE = 92
# Frames that are averaged, as long as the picture stays: changes of luma or chroma, in 8-bit
# codes on the means of 4 × 4 parts, that end it.
_FRAMES = 8
_PARTS = 4
_SAME_LUMA, _SAME_CHROMA = 12.0, 4.0
# Below this, in 8-bit codes, a picture is of one tone without a closer look.
_NEUTRAL = 1.0
# Normal noise: its deviation, of the median of differences; and, in two dimensions, what 8 % of
# it exceed, in deviations.
_ENOUGH_FRAMES = 4
_DEVIATION = 1.4826 / math.sqrt(2)
_NOISE_REACH = 2.25

# From this spread on a shot is in colour. Medians of whole films: black-and-white ones with
# strong noise of tape 1.4, tinted and toned copies of three of them 0.7 to 1.8, the least
# colourful of 14 colour films (brown wood, and the Earth at night) 3.0 and 3.5.
COLOUR_SPREAD = 2.5
# From this distance from neutral on, a shot of one tone counts as tinted, and not as a scan
# whose grey is a little off.
TINTED_FROM = 8.0
# The share of frames in colour from which a film counts as a colour film.
COLOUR_SHARE = 0.5
# A stretch within a shot counts as one of its own from this many frames on, where its figure
# is on the other side of the limit, and clearly.
_STRETCH = 12
_CLEARLY_LESS, _CLEARLY_MORE = 0.7 * COLOUR_SPREAD, 1.3 * COLOUR_SPREAD

# What a shot is.
GREY, TINTED, COLOUR = 0, 1, 2


class ToneMeter:
    """Told every frame in order; keeps two figures of each, in 8-bit codes of Cb, Cr.

    ``spreads``: how far the colours lie from one tone. ``tints``: how far they lie from neutral.
    """

    def __init__(self) -> None:
        self.spreads: list[float] = []
        self.tints: list[float] = []
        self._last: deque[NDArray[np.float32]] = deque(maxlen=_FRAMES)

    def look(self, frame: av.VideoFrame) -> None:
        """``frame`` of any pixel format and size."""
        if len(frame.format.components) < 3 and not is_rgb(frame.format.name):
            spread = tint = 0.0
            self._last.clear()
        else:
            spread, tint = self._measure(small_copy(frame))
        self.spreads.append(spread)
        self.tints.append(tint)
        if len(self._last) == _ENOUGH_FRAMES:
            # The first of them were measured with all their noise.
            first = self.spreads[-_ENOUGH_FRAMES:]
            self.spreads[-_ENOUGH_FRAMES:] = [min(spread, figure) for figure in first]

    def _measure(self, small: NDArray[np.float32]) -> tuple[float, float]:
        if self._last and not _is_alike(self._last[-1], small):
            self._last.clear()
        self._last.append(small)
        mean = np.mean(self._last, axis=0).reshape(-1, 3)
        chroma = mean[:, 1:].astype(np.float64)
        tint = float(np.percentile(np.hypot(*chroma.T), _PERCENTILE))
        if tint <= _NEUTRAL:
            return tint, tint
        distance = distance_from_one_tone(mean[:, 0].astype(np.float64) / 128 - 1, chroma)
        spread = float(np.percentile(distance, _PERCENTILE))
        noise = _NOISE_REACH * self._noise()
        return math.sqrt(max(0.0, spread**2 - noise**2)), tint

    def _noise(self) -> float:
        """Standard deviation that the noise of a single frame's chroma leaves in the mean."""
        if len(self._last) < _ENOUGH_FRAMES:
            return 0.0
        chroma = np.stack(self._last)[..., 1:]
        # Neighbours in time tell noise from colour; the median, from what moves.
        single = np.median(np.abs(np.diff(chroma, axis=0))) * _DEVIATION
        return float(single) / math.sqrt(len(self._last))


def _is_alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    if one.shape != other.shape:
        return False
    change = cv2.resize(one - other, (_PARTS, _PARTS), interpolation=cv2.INTER_AREA)
    luma, *chroma = np.abs(change).mean(axis=(0, 1))
    return bool(luma < _SAME_LUMA and max(chroma) < _SAME_CHROMA)


def small_copy(frame: av.VideoFrame) -> NDArray[np.float32]:
    """Area means of Y', Cb, Cr in 8-bit codes, chroma about 0: float32 (h, w, 3)."""
    if is_rgb(frame.format.name):
        rgb = _area_means(frame.to_ndarray(format="rgb24"), frame)
        luma = rgb @ np.float32(REC601)
        return np.dstack([luma, 0.564 * (rgb[..., 2] - luma), 0.713 * (rgb[..., 0] - luma)])
    components = frame.format.components[:3]
    if (
        [component.plane for component in components] != [0, 1, 2]
        or components[0].bits < 8
        or frame.format.is_big_endian
    ):
        frame = frame.reformat(format="yuv444p")
        components = frame.format.components[:3]
    scale = np.float32(1 / (1 << (components[0].bits - 8)))
    planes = [_area_means(plane_array(frame, i), frame) for i in range(3)]
    return np.dstack(planes) * scale - np.float32([0, 128, 128])


def _area_means(plane: NDArray[np.integer], frame: av.VideoFrame) -> NDArray[np.float32]:
    """The small copy of a plane; all planes of a frame show the same part of the picture."""
    factor = max(1, frame.width // _COLUMNS)
    rows, columns = max(1, frame.height // factor), max(1, frame.width // factor)
    # The part that is a whole number of pixels for each: OpenCV's fast way.
    down = max(1, round(rows * factor * plane.shape[0] / frame.height))
    across = max(1, round(columns * factor * plane.shape[1] / frame.width))
    small = cv2.resize(plane[:down, :across], (columns, rows), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32)


def split_where_colour_begins(
    shots: NDArray[np.int64], spreads: NDArray[np.float64]
) -> NDArray[np.int64]:
    """First frames of shots, with those at which colour begins or ends within a shot.

    There need be no cut: a title may turn to colour, a print may change in the middle of a reel.
    """
    starts = []
    for first, stop in _spans(shots, len(spreads)):
        starts += [first, *(first + at for at in _turns(spreads[first:stop]))]
    return np.array(starts, np.int64)


def _turns(spreads: NDArray[np.float64]) -> list[int]:
    """Where a shot turns from colour to none or back, each side a stretch that is clear."""
    if len(spreads) < 2 * _STRETCH:
        return []
    # The majority of the frames around: it moves no edge, and passes over single frames.
    above = np.pad((spreads >= COLOUR_SPREAD).astype(float), _STRETCH, mode="edge")
    window = np.ones(2 * _STRETCH + 1)
    state = np.convolve(above, window, mode="valid") > len(window) / 2
    edges = [0, *(np.flatnonzero(np.diff(state)) + 1).tolist(), len(spreads)]
    turns: list[int] = []
    begin = 0
    for edge, end in zip(edges[1:-1], edges[2:], strict=True):
        sides = sorted(float(np.median(spreads[a:b])) for a, b in ((begin, edge), (edge, end)))
        if sides[0] < _CLEARLY_LESS and sides[1] > _CLEARLY_MORE:
            turns.append(edge)
            begin = edge
    return turns


def tones_of(
    shots: NDArray[np.int64], spreads: NDArray[np.float64], tints: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """GREY, TINTED or COLOUR for each shot: one decision for all its frames."""
    tones = []
    for first, stop in _spans(shots, len(spreads)):
        if np.median(spreads[first:stop]) >= COLOUR_SPREAD:
            tones.append(COLOUR)
        else:
            tones.append(TINTED if np.median(tints[first:stop]) >= TINTED_FROM else GREY)
    return np.array(tones, np.uint8)


def share_of(tone: int, shots: NDArray[np.int64], tones: NDArray[np.uint8], count: int) -> float:
    """The share of a film's frames that lie in shots of this tone."""
    lengths = np.diff(np.append(shots, count))
    return float(lengths[tones == tone].sum() / count)


def _spans(shots: NDArray[np.int64], count: int) -> list[tuple[int, int]]:
    return list(zip(shots.tolist(), [*shots[1:].tolist(), count], strict=True))
