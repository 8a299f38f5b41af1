"""Is a scan grey, of one tone (sepia, cyanotype, yellowed paper), or a colour photograph?"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .lab import lab_from_rgb

_SIDE = 128
_GREY = 1.0
_COLOUR = 4.0


@dataclass(frozen=True)
class Tone:
    """``kind``: "grey", "tinted" or "colour"; ``figure``: the spread of chroma around one tone."""

    kind: str
    figure: float


def tone_of(rgb: NDArray[np.uint8]) -> Tone:
    """What a picture's colour is.

    ``rgb`` uint8 (H, W, 3), a reduced copy is enough.
    """
    lab = lab_from_rgb(cv2.resize(rgb, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA))
    ab = lab[..., 1:].reshape(-1, 2)
    lightness = lab[..., 0].ravel() / 50 - 1
    fit = np.polynomial.legendre.legvander(lightness, 3)
    residual = ab - fit @ np.linalg.lstsq(fit, ab, rcond=None)[0]
    spread = float(np.percentile(np.hypot(*residual.T), 90))
    if spread > _COLOUR:
        return Tone("colour", spread)
    return Tone("grey" if float(np.percentile(np.hypot(*ab.T), 95)) < _GREY else "tinted", spread)
