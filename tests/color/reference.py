"""L*a*b* to R'G'B' written down plainly, for the fast way to be held against."""

import cv2
import numpy as np
from numpy.typing import NDArray

from autochrome.color.lab import RGB_FROM_RELATIVE_XYZ, srgb_from_linear

ROOT = 6 / 29


def rgb_from_lab(lightness: NDArray[np.float32], ab: NDArray[np.float32]) -> NDArray[np.float32]:
    """R'G'B' codes of L*a*b*, *not clipped*: outside [0, 1] the colour is outside the gamut.

    ``lightness`` float32 (H, W) in [0, 100], ``ab`` float32 (H, W, 2) in CIE units; returns
    float32 (H, W, 3).
    """
    fy = (lightness + 16) / 116
    relative = np.empty((*fy.shape, 3), np.float32)
    relative[..., 0] = fy + ab[..., 0] / 500
    relative[..., 1] = fy
    relative[..., 2] = fy - ab[..., 1] / 200
    relative = np.where(
        relative > ROOT, relative * relative * relative, (3 * ROOT**2) * (relative - 4 / 29)
    ).astype(np.float32)
    return srgb_from_linear(cv2.transform(relative, RGB_FROM_RELATIVE_XYZ))
