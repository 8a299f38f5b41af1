"""Which frames the network is asked for, chosen from the picture alone.

Every step from one frame to the next has a *novelty*: how much of the picture it makes new. Each
shot is divided into stretches of equal novelty of at most 1, and the frame in the middle of each is
its key frame: one that lies between others, away from the black of fades.
"""

from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from .cleaning import CLEAN_REACH
from .motion import resized, warped

if TYPE_CHECKING:
    from .index import FilmIndex

KeyFrames = Literal["auto", "every"] | int

# A shot in which nothing moves has a key frame every so many frames.
_STILL = 24
# What a step adds whose motion crosses the whole width, or that renews the whole picture.
_MOTION = 1.0
_RENEWAL = 0.5
# A fade by this many codes of mean luma, or to this ratio of contrast, makes the picture new.
_FADE_CODES = 40.0
_FADE_CONTRAST = 1.5
# Frames on each side of a step over which a fade is measured, so that jitter does not add up.
_FADE_REACH = 4
# Codes by which a place must differ from where it came from to count as new.
_NEW_CODES = 14.0

# Width of the picture on which steps are judged, and limits of its sides.
NOVELTY_WIDTH = 128
_LEAST, _MOST = 48, 512

# Frames on each side whose median says how bright a frame ought to be, without flicker.
_EVEN_REACH = 7


class NoveltyFinder:
    """Told every frame in order, small; keeps each frame's level and its step's novelty."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._last: NDArray[np.uint8] | None = None
        self.levels: list[tuple[float, float]] = []
        self.steps: list[float] = []

    def look(self, luma: NDArray[np.uint8], is_repeat: bool) -> None:
        """``luma`` uint8 (H, W); ``is_repeat``: it is the last frame's."""
        if is_repeat:
            self.levels.append(self.levels[-1])
            self.steps.append(0.0)
            return
        small = resized(luma, *(min(max(side, _LEAST), _MOST) for side in luma.shape))
        mean, spread = cv2.meanStdDev(small)
        self.levels.append((float(mean[0, 0]), float(spread[0, 0])))
        self.steps.append(0.0 if self._last is None else self._novelty(small))
        self._last = small

    def _novelty(self, small: NDArray[np.uint8]) -> float:
        flow = self._dis.calc(small, self._last, None)
        change = cv2.blur(small.astype(np.float32) - warped(self._last, flow), (5, 5))
        change -= np.median(change)
        renewed = float(np.mean(np.abs(change) > _NEW_CODES))
        motion = float(np.mean(cv2.magnitude(flow[..., 0], flow[..., 1]))) / small.shape[1]
        return _MOTION * motion + _RENEWAL * renewed


def even_levels(levels: NDArray[np.float32], shots: NDArray[np.int64]) -> NDArray[np.float32]:
    """The levels (mean, standard deviation) that frames would have without flicker: float32 (n, 2).

    The median of those around a frame in its shot, as many before it as after it: what rises or
    falls evenly, as a fade does, stays.
    """
    even = np.empty_like(levels)
    for first, stop in zip(shots, [*shots[1:], len(levels)], strict=True):
        for frame in range(first, stop):
            reach = min(_EVEN_REACH, frame - first, stop - 1 - frame)
            even[frame] = np.median(levels[frame - reach : frame + reach + 1], axis=0)
    return even


def choose_key_frames(
    wish: KeyFrames,
    steps: NDArray[np.float32],
    even: NDArray[np.float32],
    prints: NDArray[np.uint64],
    shots: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The key frames of a film, int64, rising; at least one in every shot.

    ``wish`` "auto", "every", or n for one every n frames from each shot's first. ``steps`` are the
    novelties, ``even`` the levels without flicker. A frame that repeats the last is never one.
    """
    keys: list[NDArray[np.int64]] = []
    for first, stop in zip(shots, [*shots[1:], len(prints)], strict=True):
        frames = distinct_frames(prints, int(first), int(stop))
        if wish == "every":
            keys.append(frames)
        elif wish == "auto":
            keys.append(_spread(frames, steps, even))
        else:
            at = np.searchsorted(frames, np.arange(first, stop, wish), side="right") - 1
            keys.append(frames[np.unique(at)])
    return np.concatenate(keys).astype(np.int64)


def distinct_frames(prints: NDArray[np.uint64], first: int, stop: int) -> NDArray[np.int64]:
    """The frames of a range that do not repeat the one before: int64, beginning with ``first``."""
    changes = np.flatnonzero(prints[first + 1 : stop] != prints[first : stop - 1]) + first + 1
    return np.concatenate([[first], changes]).astype(np.int64)


def _spread(
    frames: NDArray[np.int64], steps: NDArray[np.float32], even: NDArray[np.float32]
) -> NDArray[np.int64]:
    """Of the distinct frames of a shot, those in the middle of equally new stretches."""
    steps = 1 / _STILL + steps[frames[1:]] + _fades(even[frames])
    novelty = np.concatenate([[0.0], np.cumsum(steps)])
    # The last frame is a step in itself: a shot of one frame is not nothing.
    count = max(1, int(np.ceil(novelty[-1])))
    middles = (np.arange(count) + 0.5) * (novelty[-1] / count)
    return frames[np.unique(np.abs(novelty[:, None] - middles).argmin(axis=0))]


def _fades(level: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of a fade lies in each step of a shot, from its frames' levels (n, 2): (n - 1,)."""
    last = len(level) - 1
    before = np.maximum(np.arange(last) + 1 - _FADE_REACH, 0)
    after = np.minimum(np.arange(last) + _FADE_REACH, last)
    change = np.abs(level[after, 0] - level[before, 0]) / _FADE_CODES
    contrast = np.abs(np.log((level[after, 1] + 4) / (level[before, 1] + 4)))
    return np.maximum(change, contrast / np.log(_FADE_CONTRAST)) / (after - before)


def read_from(index: "FilmIndex", frame: int) -> tuple[int, int]:
    """From which frame colours depend on each other up to ``frame``, where a chunk begins.

    The key frame (or shot's beginning) before it, and the frame from which the film is to be read,
    so that that one can be cleaned.
    """
    first, _ = index.shot_of(frame)
    if frame == first or index.key_frames == "every":
        return frame, frame
    at = int(np.searchsorted(index.colour_keys, frame))
    key = max(first, int(index.colour_keys[at - 1])) if at else first
    before = distinct_frames(index.prints, first, key + 1)
    return key, int(before[max(0, len(before) - 1 - CLEAN_REACH)])


def read_until(index: "FilmIndex", stop: int) -> tuple[int, int]:
    """As `read_from`, behind a chunk that ends before frame ``stop``: two ends (exclusive)."""
    if stop >= len(index) or index.shot_of(stop)[0] == stop or index.key_frames == "every":
        return stop, stop
    _, end = index.shot_of(stop)
    at = int(np.searchsorted(index.colour_keys, stop, side="right"))
    if at >= len(index.colour_keys) or index.colour_keys[at] >= end:
        return end, end
    key = int(index.colour_keys[at])
    behind = distinct_frames(index.prints, key, end)
    return key + 1, int(behind[min(CLEAN_REACH, len(behind) - 1)]) + 1
