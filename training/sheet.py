"""Contact sheets: what the figures do not say. Grey, coloured, and the original where there is one.

Writes ``sheet-dev.png`` (sixty of the dev pictures) and ``sheet-old.png`` (all pictures of
``paths.old``, a folder of black-and-white photographs) into the work directory.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from training.evaluate import SIDE, compiled, dev_pictures, join, predictor
from training.export import temperature_of
from training.settings import Settings

DEV_PICTURES = 60
PER_ROW = 5
STEP = 32
"""Sides that the network takes are multiples of this."""


def sheet(settings: Settings) -> None:
    """Write the contact sheets of the exported fp32 model."""
    model = compiled(settings.paths.model / "compact.onnx")
    predict = predictor(model, temperature_of(settings))
    pictures = dev_pictures(settings.paths.dev)
    tiles = []
    for picture in pictures[:: len(pictures) // DEV_PICTURES][:DEV_PICTURES]:
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        tiles.append(np.hstack([_as_bgr(grey), join(grey, predict(grey)), picture]))
    _write(settings.paths.work / "sheet-dev.png", tiles)
    if settings.paths.old:
        greys = [_small_grey(path) for path in sorted(settings.paths.old.rglob("*"))]
        tiles = [np.hstack([_as_bgr(g), join(g, predict(g))]) for g in greys if g is not None]
        _write(settings.paths.work / "sheet-old.png", tiles)


def _as_bgr(grey: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)


def _small_grey(path: Path) -> np.ndarray | None:
    """Return a picture in the network's size and its own shape; None if it is no picture."""
    grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.is_file() else None
    if grey is None:
        return None
    scale = SIDE / (grey.shape[0] * grey.shape[1]) ** 0.5
    height, width = (STEP * max(1, round(side * scale / STEP)) for side in grey.shape)
    return cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)


def _write(path: Path, tiles: list[np.ndarray]) -> None:
    """Write tiles row by row, each row as high as its highest tile."""
    rows = [_row(tiles[first : first + PER_ROW]) for first in range(0, len(tiles), PER_ROW)]
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 4), (0, width - row.shape[1]), (0, 0))) for row in rows]
    cv2.imwrite(str(path), np.vstack(padded))
    print(path)


def _row(tiles: list[np.ndarray]) -> np.ndarray:
    height = max(tile.shape[0] for tile in tiles)
    return np.hstack([np.pad(t, ((0, height - t.shape[0]), (0, 8), (0, 0))) for t in tiles])
