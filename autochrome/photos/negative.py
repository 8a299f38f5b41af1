"""Is a scan a negative? What is asked of `models.negativity`, and where there is nothing to ask."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from .border import without_border
from .picture import upright
from .steps import Proxy

# In less than so many pixels of the overview there is nothing that a negative could be told by.
_LEAST_SIDE = 64
# Nor where half of it differs from its surroundings, of this deviation, by no more than so many
# codes: in skies, on sheets, in drawings of even tones. It is more in 99 of 100 photographs.
_AROUND, _LEAST_DETAIL = 2.0, 0.5


def negative_figure(
    proxy: Proxy, orientation: int, negativity: Callable[[NDArray[np.uint8]], float]
) -> float | None:
    """The log odds that a picture is a negative, without its border; None if they are not asked.

    ``orientation`` is as EXIF counts.
    """
    seen = proxy.overview[without_border(proxy.overview / np.float32(255))]
    if min(seen.shape) < _LEAST_SIDE or _detail(seen) < _LEAST_DETAIL:
        return None
    return negativity(upright(seen, orientation))


def _detail(seen: NDArray[np.uint8]) -> float:
    codes = seen.astype(np.float32)
    return float(np.median(np.abs(codes - cv2.GaussianBlur(codes, (0, 0), _AROUND))))
