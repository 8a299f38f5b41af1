"""How colourful a picture is."""

import numpy as np
from numpy.typing import NDArray


def colorfulness(rgb: NDArray[np.integer]) -> float:
    """Hasler and Süsstrunk's M (2003), with signed rg and yb, on the scale of 8-bit codes.

    ``rgb`` uint8 or uint16 (H, W, 3) in R, G, B order; a grey picture has 0.

    >>> colorfulness(np.full((4, 4, 3), 128, np.uint8))
    0.0
    """
    red, green, blue = np.moveaxis(rgb.astype(np.float32) * (255 / np.iinfo(rgb.dtype).max), 2, 0)
    rg = red - green
    yb = (red + green) / 2 - blue
    spread = np.hypot(rg.std(dtype=np.float64), yb.std(dtype=np.float64))
    return float(spread + 0.3 * np.hypot(rg.mean(dtype=np.float64), yb.mean(dtype=np.float64)))
