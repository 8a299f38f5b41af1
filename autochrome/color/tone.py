"""Is a scan grey, of one tone (sepia, cyanotype, yellowed paper), or a colour photograph?

In a picture of one tone the colour is a function of the lightness alone, or of that and of where
it lies, as where the light fell from the side or paper yellowed from an edge. So (a, b) is fitted
as a smooth function of L* with a slope across the picture, and the distance that 8 % of the picture
exceed is one figure: stamps and coloured captions are less than that, the colours of a photograph
more. Stains and patches of yellow exceed it too, but are smooth: what the fit leaves is fitted
again as linear in L* in every small neighbourhood, and the distance that 4 % exceed is the other
figure. A picture is in colour where both are large. What lies within 9 % of its edges is left out:
prints are photographed on coloured cloth, mounts and scanner lids, and no photograph has its colour
there alone. The rates are printed by benchmarks/tone.py.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .lab import lab_from_rgb

# Area means of this size leave out film grain and JPEG's chroma noise, but keep small objects.
_SIDE = 32
_EDGE = 3
_DEGREE = 4
_PERCENTILE, _NEAR_PERCENTILE = 92, 96
# Cells of a neighbourhood, of which the middle one is judged; and the variance of L* in it below
# which a slope is not believed.
_NEAR = 5
_FLAT = 4.0
_COLOUR, _NEAR_COLOUR = 2.8, 2.4
_GREY = 1.0


@dataclass(frozen=True)
class Tone:
    """What the colour of a picture is.

    ``kind`` is "grey", "tinted" (one tone) or "colour". In CIE units, ``spread`` is how far its
    colours are from one tone, and ``near`` from those of their neighbourhood; from 2.8 and 2.4 on
    it is in colour.
    """

    kind: str
    spread: float
    near: float


def tone_of(rgb: NDArray[np.uint8]) -> Tone:
    """Tell grey, tinted and coloured pictures apart.

    ``rgb`` uint8 (H, W, 3) in R, G, B order; a copy of moderate size (256 pixels or more) tells
    as much as the whole.

    >>> tone_of(np.full((64, 64, 3), 128, np.uint8)).kind
    'grey'
    """
    small = cv2.resize(rgb, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    inner = np.ascontiguousarray(small[_EDGE:-_EDGE, _EDGE:-_EDGE])
    lab = lab_from_rgb(inner).reshape(-1, 3)
    lightness, ab = lab[:, 0] / 50 - 1, lab[:, 1:].astype(np.float64)
    across = np.linspace(-1, 1, len(inner))
    places = np.stack(np.meshgrid(across, across), axis=-1).reshape(-1, 2)
    left = _unlike_one_tone(lightness, ab, places).reshape(*inner.shape[:2], 2)
    spread = float(np.percentile(np.hypot(*np.moveaxis(left, 2, 0)), _PERCENTILE))
    nearby = _unlike_its_neighbours(lab[:, 0], left)
    near = float(np.percentile(np.hypot(*np.moveaxis(nearby, 2, 0)), _NEAR_PERCENTILE))
    if spread >= _COLOUR and near >= _NEAR_COLOUR:
        return Tone("colour", spread, near)
    chroma = float(np.percentile(np.hypot(*ab.T), _PERCENTILE))
    return Tone("grey" if chroma < _GREY else "tinted", spread, near)


def distance_from_one_tone(lightness: NDArray, ab: NDArray) -> NDArray[np.float64]:
    """Distance of each (a, b) from a polynomial in the lightness, fitted robustly (Huber).

    ``lightness`` (n,) in [-1, 1], ``ab`` float64 (n, 2) in any unit of which 0.3 is little.
    """
    return np.hypot(*_unlike_one_tone(lightness, ab).T)


def _unlike_one_tone(
    lightness: NDArray, ab: NDArray, places: NDArray | None = None
) -> NDArray[np.float64]:
    """What that fit leaves of each (a, b): (n, 2).

    With ``places``, (n, 2) in [-1, 1], a slope across the picture is fitted together with it, which
    may grow with the lightness.
    """
    basis = np.polynomial.legendre.legvander(lightness, _DEGREE)
    if places is not None:
        basis = np.hstack([basis, places, places * lightness[:, None]])
    weight = np.ones(len(ab))
    for _ in range(3):
        weighted = basis * weight[:, None]
        # The small diagonal settles what a flat picture leaves open.
        normal = weighted.T @ weighted + 1e-6 * np.eye(basis.shape[1])
        left = ab - basis @ np.linalg.solve(normal, weighted.T @ (ab * weight[:, None]))
        distance = np.hypot(*left.T)
        usual = 3 * max(float(np.median(distance)), 0.3)
        weight = np.minimum(1, usual / np.maximum(distance, 1e-9))
    return left


def _unlike_its_neighbours(lightness: NDArray, ab: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a linear function of the lightness leaves of ``ab`` (H, W, 2), fitted around each cell.

    ``lightness`` (H * W,), L*. The fit of He, Sun and Tang, Guided image filtering (2013).
    """

    def mean(values: NDArray) -> NDArray:
        return cv2.blur(values, (_NEAR, _NEAR), borderType=cv2.BORDER_REFLECT)

    guide = lightness.reshape(*ab.shape[:2], 1).astype(np.float64)
    centre = mean(guide)[..., None]
    variance = mean(guide**2)[..., None] - centre**2 + _FLAT
    slope = (mean(guide * ab) - centre * mean(ab)) / variance
    return ab - mean(ab) - slope * (guide - centre)
