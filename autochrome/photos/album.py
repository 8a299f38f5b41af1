"""Several photographs on one page of an album, or on one scan: where each of them lies.

A page has one tone around and between its photographs, and they are upright rectangles on it. Each
is then coloured by itself, and the page stays neutral. Pages whose photographs overlap, lie askew
or fade into the page count as one photograph. The rates are printed by benchmarks/albums.py.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .border import Area

# An overview that is too small to tell.
_LEAST_SIDE = 64
# A strip of the page begins so far from its edges, as a part of its shorter side.
_EDGE = 40
# Codes that are the page's own tone; the share of that strip which has it.
_SAME, _PLAIN = 14, 0.9
# Shares of the page: the least area and side of a photograph; of its rectangle, what it fills; and
# of what lies outside of them, what may be anything else: captions, stains.
_AREA, _LENGTH, _FILLED, _REST = 0.04, 0.12, 0.85, 0.03


def photographs_on(seen: NDArray[np.uint8], shape: tuple[int, int]) -> list[Area]:
    """Rows and columns of each photograph on a page, the smallest first; empty if it is no page.

    ``seen`` is the `overview`, uint8 (h', w'), of a picture of ``shape`` (h, w).
    """
    height, width = seen.shape
    if min(height, width) < _LEAST_SIDE:
        return []
    codes = seen.astype(np.int16)
    edge = max(2, min(height, width) // _EDGE)
    around = _strip(codes, edge)
    unlike = (np.abs(codes - np.median(around)) >= _SAME).astype(np.uint8)
    if _strip(unlike, edge).mean() > 1 - _PLAIN:
        return []
    for side in (unlike[:edge], unlike[-edge:], unlike[:, :edge], unlike[:, -edge:]):
        side[:] = 0
    boxes = _boxes(unlike)
    rest = unlike.copy()
    for left, top, columns, rows in boxes:
        if rest[top : top + rows, left : left + columns].max() == _TAKEN:
            return []
        rest[top : top + rows, left : left + columns] = _TAKEN
    if len(boxes) < 2 or (rest == 1).sum() > _REST * (rest != _TAKEN).sum():
        return []
    boxes.sort(key=lambda box: box[2] * box[3])
    ends = shape[0] / height, shape[1] / width
    return [
        (
            slice(int(top * ends[0]), int(np.ceil((top + rows) * ends[0]))),
            slice(int(left * ends[1]), int(np.ceil((left + columns) * ends[1]))),
        )
        for left, top, columns, rows in boxes
    ]


_TAKEN = 2


def _strip(codes: NDArray, edge: int) -> NDArray:
    """Of the page near its four edges; at the very edge a scan shows what it lay on."""
    rows = np.concatenate([codes[edge : 2 * edge], codes[-2 * edge : -edge]])
    columns = np.concatenate([codes[:, edge : 2 * edge], codes[:, -2 * edge : -edge]], axis=1)
    return np.concatenate([rows.ravel(), columns.ravel()])


def _boxes(unlike: NDArray[np.uint8]) -> list[tuple[int, int, int, int]]:
    """Left, top, width and height of what could be photographs; empty if something else is large.

    Parts of a photograph that have the page's tone are inside its outline.
    """
    height, width = unlike.shape
    closed = cv2.morphologyEx(unlike, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    outlines = cv2.findContours(closed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    filled = cv2.drawContours(np.zeros_like(unlike), outlines, -1, 1, -1)
    filled = cv2.morphologyEx(filled, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    found = []
    for left, top, columns, rows, area in cv2.connectedComponentsWithStats(filled)[2][1:]:
        box = columns * rows
        if box < _AREA * height * width or min(columns / width, rows / height) < _LENGTH:
            continue
        if area < _FILLED * box:
            return []
        found.append((left, top, columns, rows))
    return found
