"""A picture whose borders are not shown to the network, and stay without colour."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .predictors import Predictor

Crop = tuple[float, float, float, float]
"""Shares of the picture's height and width that are border: top, right, bottom, left; each below
0.5."""


class CroppedPredictor:
    """A predictor that looks at what lies within the borders, at its full size.

    The black or white edge of a scan is no part of what was photographed, and misleads a network.
    """

    def __init__(self, predictor: Predictor, crop: Crop):
        self._predictor, self._crop = predictor, crop

    @property
    def device(self) -> str:
        return self._predictor.device

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return self._predictor.input_size(height, width)

    def predict(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        """L* float32 (n, h, w) to ab float32 (n, h', w', 2); ab is 0 on the borders."""
        size = lightness.shape[2:0:-1]
        rows, columns = self._inside(lightness.shape[1], lightness.shape[2])
        inner = [
            cv2.resize(one[rows, columns], size, interpolation=cv2.INTER_LINEAR)
            for one in lightness
        ]
        predicted = self._predictor.predict(np.stack(inner))
        rows, columns = self._inside(*predicted.shape[1:3])
        framed = np.zeros_like(predicted)
        size = (columns.stop - columns.start, rows.stop - rows.start)
        for ab, whole in zip(predicted, framed, strict=True):
            whole[rows, columns] = cv2.resize(ab, size, interpolation=cv2.INTER_AREA)
        return framed

    def _inside(self, height: int, width: int) -> tuple[slice, slice]:
        top, right, bottom, left = self._crop
        first_row, first_column = round(top * height), round(left * width)
        return (
            slice(first_row, max(first_row + 1, height - round(bottom * height))),
            slice(first_column, max(first_column + 1, width - round(right * width))),
        )
