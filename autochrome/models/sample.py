"""The fixed sample of grey pictures by which int8 forms are made and compared with fp32.

It is cut from photographs that scikit-image carries, all free of copyright, so that it is the same
everywhere: colours must not depend on what else lies in an archive.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from ..color import lightness_from_luma

CALIBRATION = ("astronaut", "rocket", "camera", "brick", "grass", "gravel", "coins", "moon")
COMPARISON = ("chelsea", "coffee")
"""Photographs of which no part is calibrated on."""

CUTS = 6
_SEED = 1907


def calibration_pictures(side: int) -> NDArray[np.float32]:
    """L* float32 (48, 1, side, side) in [0, 100]: what int8 forms are calibrated on."""
    return _pictures(CALIBRATION, side)


def comparison_pictures(side: int) -> NDArray[np.float32]:
    """L* float32 (12, 1, side, side) in [0, 100]: what they are compared with fp32 on."""
    return _pictures(COMPARISON, side)


def _pictures(names: tuple[str, ...], side: int) -> NDArray[np.float32]:
    """Cuts of every photograph, the first whole and plain, the others smaller, toned, mirrored."""
    rng = np.random.default_rng(_SEED)
    cuts = []
    for name in names:
        picture = getattr(data, name)()
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) if picture.ndim == 3 else picture
        luma = grey.astype(np.float32) / 255
        cuts += [_square(luma, side, 1.0, (0.5, 0.5))]
        for number in range(1, CUTS):
            cut = _square(luma, side, rng.uniform(0.4, 1.0), rng.uniform(0, 1, 2))
            toned = rng.uniform(0, 0.15) + rng.uniform(0.6, 1.1) * cut ** rng.uniform(0.7, 1.5)
            cuts.append(np.clip(toned[:, :: -1 if number % 2 else 1], 0, 1))
    return lightness_from_luma(np.stack(cuts).astype(np.float32))[:, None]


def _square(luma: NDArray, side: int, share: float, place) -> NDArray[np.float32]:
    """A square of a share of the shorter side, at a relative place, brought to ``side``."""
    length = max(8, int(min(luma.shape) * share))
    top, left = ((size - length) * at for size, at in zip(luma.shape, place, strict=True))
    cut = luma[int(top) : int(top) + length, int(left) : int(left) + length]
    how = cv2.INTER_AREA if length > side else cv2.INTER_LINEAR
    return cv2.resize(cut, (side, side), interpolation=how)
