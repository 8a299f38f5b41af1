"""Smaller copies of a picture."""

import cv2
import numpy as np
from numpy.typing import NDArray


def shrunk(picture: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """The area means of a picture at a smaller size; ``picture`` float32 (H, W) or (H, W, n).

    What can be halved exactly is halved first, which OpenCV does many times faster.
    """
    while _halves(picture.shape[0], height) and _halves(picture.shape[1], width):
        size = picture.shape[1] // 2, picture.shape[0] // 2
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def _halves(side: int, wanted: int) -> bool:
    return side % 2 == 0 and side >= 2 * wanted
