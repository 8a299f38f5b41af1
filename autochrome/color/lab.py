"""CIE L*a*b* (D65) and what lies between it and a picture's own codes.

*Luma* (Y') is the weighted sum of the gamma-coded R'G'B'; *lightness* (L*) only feeds the
network. Formulas: IEC 61966-2-1 (sRGB), CIE 15:2004 (L*a*b*), ITU-R BT.601 and BT.709 (luma).
"""

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .formula import Formula, Plane, greater, lesser, polynomial, square_root

REC601 = (0.299, 0.587, 0.114)
REC709 = (0.2126, 0.7152, 0.0722)
REC2020 = (0.2627, 0.678, 0.0593)

_XYZ_FROM_RGB = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _XYZ_FROM_RGB.sum(axis=1)
# From XYZ relative to white, so that a = b = 0 gives R = G = B exactly up to rounding.
RGB_FROM_RELATIVE_XYZ = (np.linalg.inv(_XYZ_FROM_RGB) * _WHITE).astype(np.float32)
# Where the two parts of each curve meet: CIE's root over its cube, sRGB's codes over linear light.
ROOT, CODE, LINEAR = 6 / 29, 0.04045, 0.0031308
SLOPE = 3 * ROOT**2
# Linear light of the strongest colours that a network can ask for, far outside of every gamut.
_BRIGHTEST = 16.0


def srgb_from_linear(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """sRGB codes of linear light, any shape; below 0 the linear part goes on, above 1 the power."""
    power = cv2.pow(np.maximum(linear, LINEAR).astype(np.float32), 1 / 2.4)
    return np.where(linear <= LINEAR, 12.92 * linear, 1.055 * power - 0.055).astype(np.float32)


def root_and_linear(luma: Plane) -> tuple[Plane, Plane]:
    """The root of Y in L*a*b* and Y itself, of sRGB codes in [0, 1].

    Linear light is the cube of the root, 2.4 / 3, from where a code is on the curve's upper part.
    """
    base = (greater(luma, CODE) + 0.055) * (1 / 1.055)
    root = _to_0_8()(square_root(base))
    linear = root * root * root + lesser(luma - CODE, 0) * (1 / 12.92)
    return greater(root, ROOT) + lesser(linear - ROOT**3, 0) * (1 / SLOPE), linear


def cube(root: Plane) -> Plane:
    """XYZ relative to white of what L*a*b* takes for its root."""
    upper = greater(root, ROOT)
    return upper * upper * upper + lesser(root - ROOT, 0) * SLOPE


def encoded(linear: Plane) -> Plane:
    """sRGB codes of linear light; below 0 the linear part goes on, above 1 the power."""
    upper = lesser(greater(linear, LINEAR), _BRIGHTEST)
    power = _to_1_over_2_4()(square_root(square_root(upper)))
    return power * 1.055 - 0.055 + lesser(linear - LINEAR, 0) * 12.92


@lru_cache
def _to_0_8() -> Callable[[Plane], Plane]:
    """x ** 0.8 of the square root of x, within 2e-7."""
    darkest = (CODE + 0.055) / 1.055
    return polynomial(lambda x: x**1.6, darkest**0.5, 1, 7)


@lru_cache
def _to_1_over_2_4() -> Callable[[Plane], Plane]:
    """x ** (1 / 2.4) of the fourth root of x, within 3e-6."""
    return polynomial(lambda x: x ** (4 / 2.4), LINEAR**0.25, _BRIGHTEST**0.25, 9)


def lightness_from_luma(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """L* in [0, 100] of a grey with the sRGB code ``luma`` in [0, 1], any shape."""
    lightness = np.empty(np.shape(luma), np.float32)
    _lightness()([luma], [lightness])
    return lightness


@lru_cache
def _lightness() -> Formula:
    return Formula(lambda luma: [root_and_linear(luma)[0] * 116 - 16], [np.float32])


def luma_from_lightness(lightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """The sRGB code, in [0, 1], of a grey of L* in [0, 100]: the inverse of `lightness_from_luma`.

    >>> float(np.round(luma_from_lightness(lightness_from_luma(np.float32([0.5]))), 4)[0])
    0.5
    """
    root = (np.asarray(lightness, np.float32) + 16) / 116
    linear = np.where(root > ROOT, root**3, SLOPE * (root - 4 / 29))
    return srgb_from_linear(linear.astype(np.float32))


@lru_cache
def lightness_table(peak: int) -> NDArray[np.float32]:
    """L* of every code 0 … ``peak`` of a grey picture: float32 (peak + 1,)."""
    return lightness_from_luma(np.arange(peak + 1, dtype=np.float32) / peak)


def lab_from_srgb(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """L*a*b* of sRGB codes in [0, 1]: float32 (H, W, 3) in R, G, B order to float32 (H, W, 3)."""
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)


def lab_from_rgb(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """L*a*b* of an sRGB picture: uint8 (H, W, 3) in R, G, B order to float32 (H, W, 3)."""
    return lab_from_srgb(rgb.astype(np.float32) / 255)


def luma_from_rgb(rgb: NDArray[np.integer], weights: tuple[float, float, float] = REC601):
    """Luma of integer R'G'B' codes, rounded to the nearest code: (H, W, 3) to (H, W), same type."""
    return cv2.transform(np.ascontiguousarray(rgb), np.asarray([weights], np.float32))
