"""The white or black border around a print: not shown to the network, neutral in the result."""

import cv2
import numpy as np
from numpy.typing import NDArray

# Luma of paper and of film's edges, in [0, 1].
_PAPER, _BLACK = 0.85, 0.12
# A line of a border has one tone: this is all that nine tenths of it may spread.
_SPREAD = 0.08
# From one line to the next the border's tone changes no more than this.
_STEP = 0.05
# Shares of a side: what is less is not worth it, what is more is no border.
_LEAST, _MOST = 0.01, 0.3
_MAP_SIDE = 512

Area = tuple[slice, slice]


def without_border(luma: NDArray[np.float32]) -> Area:
    """Rows and columns of the picture inside its border; all of them where there is none.

    ``luma`` float32 (h, w) in [0, 1].
    """
    height, width = luma.shape
    top, bottom = _lines(luma), _lines(luma[::-1])
    inner = luma[top : height - bottom]
    left, right = _lines(inner.T), _lines(inner.T[::-1])
    return slice(top, height - bottom), slice(left, width - right)


def _lines(luma: NDArray[np.float32]) -> int:
    """How many rows from the first on are border."""
    count = len(luma)
    most = int(_MOST * count)
    seen, lines = 0, 0
    # Most pictures have none, and tell by their first rows.
    while lines == seen <= most:
        seen = min(4 * seen + 8, most + 1)
        low, middle, high = _percentiles(luma[:seen], (5, 50, 95))
        is_border = ((middle > _PAPER) | (middle < _BLACK)) & (high - low < _SPREAD)
        is_border[1:] &= np.abs(np.diff(middle)) < _STEP
        lines = int(np.argmin(is_border)) if not is_border.all() else seen
    # A border ends; what goes on is a sky or a backdrop.
    return lines if _LEAST * count <= lines <= most else 0


def _percentiles(rows: NDArray[np.float32], percent: tuple[float, ...]) -> NDArray[np.float32]:
    """Of each row those values; NumPy's own function takes several times as long."""
    ordered = np.sort(rows, axis=1)
    place = np.array(percent) / 100 * (rows.shape[1] - 1)
    below = place.astype(int)
    above = np.minimum(below + 1, rows.shape[1] - 1)
    share = (place - below).astype(np.float32)
    return (ordered[:, below] * (1 - share) + ordered[:, above] * share).T


def with_border(ab: NDArray[np.float32], area: Area, shape: tuple[int, int]) -> NDArray[np.float32]:
    """The map of the picture inside a border as one of the whole, neutral in the border.

    ``ab`` float32 (h', w', 2) of ``area``, ``shape`` (h, w) of what that was cut from.
    """
    rows, columns = area
    inner = rows.stop - rows.start, columns.stop - columns.start
    if inner == shape:
        return ab
    scale = min(1.0, _MAP_SIDE / max(shape))
    whole = np.zeros(
        (max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale)), 2), ab.dtype
    )
    top, left = int(np.ceil(rows.start * scale)), int(np.ceil(columns.start * scale))
    bottom = max(top + 1, int(rows.stop * scale))
    right = max(left + 1, int(columns.stop * scale))
    part = cv2.resize(ab, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR)
    whole[top:bottom, left:right] = part[: whole.shape[0] - top, : whole.shape[1] - left]
    return whole
