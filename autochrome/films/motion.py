"""Where the parts of a frame come from: dense flow between small pictures, and its trust.

Flow is OpenCV's DIS (Kroeger et al. 2016) on pictures of about 256 × 256 pixels. It is kept on a
*grid* of a quarter of that size, which is all that DIS computes in its fast preset; vectors count
in pixels of the grid. DIS normalizes each patch by its mean, so that flicker does not upset it,
and gives the same vectors with any number of threads.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE = 256
_LEAST = 48
_MOST = 1024
_PER_CELL = 4

# Sundaram, Brox, Keutzer (2010): there and back must meet within a share of the way and a rest.
_SHARE, _REST = 0.02, 0.09
# Codes by which a place may differ from where it came from, and the share of the contrast around it
# that comes on top: more, and the ground beside what moves would move with it.
_CODES = 7.0
_EDGES = 0.15
# What is left of the trust in a place that comes from outside of the picture.
_OUTSIDE = 4.0


def flow_size(height: int, width: int) -> tuple[int, int]:
    """Height and width at which flow is computed for a picture of this size."""
    scale = min(1.0, _SIDE / (height * width) ** 0.5)
    return tuple(
        _PER_CELL * round(min(max(side * scale, _LEAST), _MOST) / _PER_CELL)
        for side in (height, width)
    )


def grid_size(height: int, width: int) -> tuple[int, int]:
    """Height and width of the grid on which the flow of such a picture is kept."""
    rows, columns = flow_size(height, width)
    return rows // _PER_CELL, columns // _PER_CELL


def resized(array: NDArray, height: int, width: int) -> NDArray:
    """An array (H, W, …) at another size: area means where it shrinks, else bilinear."""
    if array.shape[:2] == (height, width):
        return array
    shrinks = array.shape[0] >= height and array.shape[1] >= width
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(array, (width, height), interpolation=how)


@lru_cache(8)
def _places(height: int, width: int) -> NDArray[np.float32]:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([x, y], axis=2)


def warped(array: NDArray, flow: NDArray[np.float32], how: int = cv2.INTER_LINEAR) -> NDArray:
    """``array`` (h, w, …) fetched along ``flow`` (h, w, 2): what lies at each place plus its
    vector. The border is continued outwards.
    """
    at = _places(*flow.shape[:2]) + flow
    return cv2.remap(array, at, None, how, borderMode=cv2.BORDER_REPLICATE)


@dataclass(frozen=True)
class Step:
    """Flow between a frame and the next, on the grid: float32 (h, w, 2), and the doubt in it.

    ``forth`` leads from the next frame's places to this frame's, ``back`` from this frame's to the
    next one's. ``forth_doubt``, ``back_doubt`` float32 (h, w): 0 where there and back meet, 1 at
    the edge of what is believed.
    """

    forth: NDArray[np.float32]
    back: NDArray[np.float32]
    forth_doubt: NDArray[np.float32]
    back_doubt: NDArray[np.float32]


class FlowFinder:
    """Finds the flow between frames."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)

    def step(self, frame: NDArray[np.uint8], following: NDArray[np.uint8]) -> Step:
        """The flow between two frames of one size (H, W), as `flow_size` has it."""
        forth = self._between(following, frame)
        back = self._between(frame, following)
        return Step(forth, back, _doubt(forth, back), _doubt(back, forth))

    def _between(self, start: NDArray[np.uint8], end: NDArray[np.uint8]) -> NDArray[np.float32]:
        flow = self._dis.calc(start, end, None)
        # DIS has raised it from the grid's size: the two pixels at a cell's middle tell all.
        return (flow[1::_PER_CELL, 1::_PER_CELL] + flow[2::_PER_CELL, 2::_PER_CELL]) * np.float32(
            0.5 / _PER_CELL
        )


def _doubt(flow: NDArray[np.float32], way_back: NDArray[np.float32]) -> NDArray[np.float32]:
    other = warped(way_back, flow)
    gap = flow + other
    missed = _squares(gap)
    return missed / (_SHARE * (_squares(flow) + _squares(other)) + np.float32(_REST))


def _squares(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    x, y = vectors[..., 0], vectors[..., 1]
    return x * x + y * y


@dataclass(frozen=True)
class Way:
    """Where each place of a frame lies in another frame: ``flow`` float32 (h, w, 2) on the grid.

    ``doubt`` float32 (h, w) is that of its most doubtful step.
    """

    flow: NDArray[np.float32]
    doubt: NDArray[np.float32]

    @classmethod
    def nowhere(cls, height: int, width: int) -> "Way":
        """From a frame to itself."""
        return cls(np.zeros((height, width, 2), np.float32), np.zeros((height, width), np.float32))

    def after(self, step: NDArray[np.float32], doubt: NDArray[np.float32]) -> "Way":
        """The way of a neighbouring frame, which comes here by ``step``."""
        flow = step + warped(self.flow, step)
        return Way(flow, np.maximum(doubt, warped(self.doubt, step)))

    def trust(self, here: NDArray[np.float32], there: NDArray[np.float32]) -> NDArray[np.float32]:
        """How far the place at the way's end is believed to be the same: float32 (h, w), 0 to 1.

        ``here`` and ``there`` are the luma of the two frames on the grid, float32 in 8-bit codes,
        without flicker.
        """
        seen = warped(there, self.flow)
        gap = (here - seen) / (np.float32(_CODES) + np.float32(_EDGES) * _contrast(here))
        cost = self.doubt + gap * gap
        height, width = cost.shape
        at = _places(height, width) + self.flow
        outside = np.maximum(np.abs(at - _middle(height, width)) - _middle(height, width) - 0.5, 0)
        cost += np.float32(_OUTSIDE) * outside.max(axis=2)
        return cv2.exp(-cv2.blur(np.minimum(cost, np.float32(9)), (3, 3)))


@lru_cache(8)
def _middle(height: int, width: int) -> NDArray[np.float32]:
    return np.array([(width - 1) / 2, (height - 1) / 2], np.float32)


def _contrast(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """The range of luma around each place: what half a pixel's error may change there."""
    kernel = np.ones((3, 3), np.uint8)
    return cv2.dilate(luma, kernel) - cv2.erode(luma, kernel)
