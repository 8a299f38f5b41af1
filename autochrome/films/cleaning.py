"""The network's copy of a frame: without flicker, grain and dust. The film is never touched."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .motion import FlowFinder, Step, Way, flow_size, grid_size, resized, warped
from .pixels import Picture, full_range_luma

# Frames on each side that a copy is cleaned with.
CLEAN_REACH = 2

# Flicker beyond these is something else: a light that is switched on.
_MOST_GAIN = 1.3
_MOST_OFFSET = 24.0
# Codes from the median within which values are grain and not dust.
_GRAIN = 12
# Doubt from which a neighbour's place is not taken.
_DOUBT = 1.0


@dataclass(frozen=True)
class Look:
    """One frame as it is looked at: its number in the film and its luma without flicker.

    ``copy`` uint8 (H, W) at the size that the network wants, ``small`` uint8 at that of the flow,
    ``grid`` float32 (h, w) on the grid, all in 8-bit codes of the film's range; ``step`` the flow
    between the frame before it in its shot and this one.
    """

    number: int
    copy: NDArray[np.uint8]
    small: NDArray[np.uint8]
    grid: NDArray[np.float32]
    step: Step | None


class Looker:
    """Looks at the frames of a film, one after another."""

    def __init__(self, picture: Picture, size: tuple[int, int]):
        """``size``: height and width that the network wants, the picture lying as in the film."""
        self._picture = picture
        self._size = size
        self._flow = FlowFinder()

    def look(
        self,
        number: int,
        luma: NDArray[np.integer],
        level: NDArray[np.float32],
        even: NDArray[np.float32],
        last: Look | None,
    ) -> Look:
        """``luma`` on the film's codes; its ``level`` and what that would be without flicker
        (mean and standard deviation); ``last`` the frame before it in its shot.
        """
        height, width = (min(a, b) for a, b in zip(luma.shape, self._size, strict=True))
        copy = resized(luma, height, width)
        if self._picture.depth > 8:
            copy = np.rint(copy * np.float32(0.5 ** (self._picture.depth - 8)))
        copy = _evened(copy, level, even)
        small = resized(copy, *flow_size(height, width))
        grid = resized(small, *grid_size(height, width)).astype(np.float32)
        step = None if last is None else self._flow.step(last.small, small)
        return Look(number, copy, small, grid, step)


def _evened(
    copy: NDArray, level: NDArray[np.float32], even: NDArray[np.float32]
) -> NDArray[np.uint8]:
    gain = min(max((even[1] + 1) / (level[1] + 1), 1 / _MOST_GAIN), _MOST_GAIN)
    offset = min(max(even[0] - level[0], -_MOST_OFFSET), _MOST_OFFSET)
    codes = (np.arange(256, dtype=np.float32) - level[0]) * np.float32(gain) + level[0] + offset
    table = np.clip(np.rint(codes), 0, 255).astype(np.uint8)
    return cv2.LUT(np.clip(copy, 0, 255).astype(np.uint8), table)


def cleaned(looks: Sequence[Look], at: int, picture: Picture) -> NDArray[np.float32]:
    """The network's copy of frame ``looks[at]``: luma float32 (H, W) in [0, 1], full range.

    ``looks`` follow each other in one shot. Up to two frames on each side, as many before as
    after, are brought to its place along motion; where they can be, the mean of those near their
    median is taken: grain is averaged, dust is left out.
    """
    reach = min(CLEAN_REACH, at, len(looks) - 1 - at)
    centre = looks[at]
    found = [centre.copy]
    for towards in (-1, 1):
        way = Way.nowhere(*centre.grid.shape)
        for distance in range(1, reach + 1):
            way = _one_further(way, looks, at + towards * distance, towards)
            found.append(_brought(looks[at + towards * distance].copy, way, centre.copy))
    mean = _mean_near_median(found)
    return full_range_luma(mean, replace(picture, depth=8))


def _one_further(way: Way, looks: Sequence[Look], end: int, towards: int) -> Way:
    """The way to ``looks[end]``, given the one to its neighbour on this side of it."""
    if towards < 0:
        step, doubt = looks[end + 1].step.forth, looks[end + 1].step.forth_doubt
    else:
        step, doubt = looks[end].step.back, looks[end].step.back_doubt
    return Way(way.flow + warped(step, way.flow), np.maximum(way.doubt, warped(doubt, way.flow)))


def _brought(copy: NDArray[np.uint8], way: Way, centre: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A neighbour's copy in the centre's place; the centre's own where that is doubtful."""
    came = warped(copy, scaled_flow(way.flow, *copy.shape), cv2.INTER_CUBIC)
    bad = cv2.resize(way.doubt, copy.shape[::-1], interpolation=cv2.INTER_LINEAR) > _DOUBT
    cv2.copyTo(centre, bad.astype(np.uint8), came)
    return came


def scaled_flow(flow: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """The flow at another size, in pixels of that size."""
    if flow.shape[:2] == (height, width):
        return flow
    ratio = np.float32([width / flow.shape[1], height / flow.shape[0]])
    return resized(flow, height, width) * ratio


def _mean_near_median(pictures: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Mean of the values near the median of 1, 3 or 5 pictures."""
    if len(pictures) == 1:
        return pictures[0].astype(np.float32)
    middle = _median(pictures)
    total = np.zeros(middle.shape, np.float32)
    count = np.zeros(middle.shape, np.float32)
    for picture in pictures:
        near = (cv2.absdiff(picture, middle) <= _GRAIN).astype(np.uint8)
        cv2.accumulate(picture, total, near)
        count += near
    return total / count


def _median(pictures: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    if len(pictures) == 3:
        a, b, c = pictures
    else:
        # Of five: what is neither the least nor the greatest of four, with the fifth.
        a, b, c, d, e = pictures
        low = cv2.max(cv2.min(a, b), cv2.min(c, d))
        high = cv2.min(cv2.max(a, b), cv2.max(c, d))
        a, b, c = low, high, e
    return cv2.max(cv2.min(a, b), cv2.min(cv2.max(a, b), c))
