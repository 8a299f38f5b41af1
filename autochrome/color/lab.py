"""CIE L*a*b* (D65) and what lies between it and a picture's own codes.

*Luma* (Y') is the weighted sum of the gamma-coded R'G'B'; *lightness* (L*) only feeds the
network. Formulas: IEC 61966-2-1 (sRGB), CIE 15:2004 (L*a*b*), ITU-R BT.601 and BT.709 (luma).
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

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


def srgb_from_linear(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """sRGB codes of linear light, any shape; below 0 the linear part goes on, above 1 the power."""
    power = cv2.pow(np.maximum(linear, LINEAR).astype(np.float32), 1 / 2.4)
    return np.where(linear <= LINEAR, 12.92 * linear, 1.055 * power - 0.055).astype(np.float32)


def root_and_linear(luma: NDArray[np.float32], root, linear) -> None:
    """Fill in the root of Y in L*a*b* and Y itself, of sRGB codes (H, W) in [0, 1].

    Linear light is the cube of the root, 2.4 / 3, from where a code is on the curve's upper part.
    """
    np.maximum(luma, np.float32(CODE), out=root)
    root += np.float32(0.055)
    root *= np.float32(1 / 1.055)
    power_in_place(root, 0.8)
    np.multiply(root, root, out=linear)
    linear *= root
    if luma.min() < CODE:
        linear += np.minimum(luma - np.float32(CODE), 0) * np.float32(1 / 12.92)
    if linear.min() < ROOT**3:
        np.maximum(root, np.float32(ROOT), out=root)
        root += np.minimum(linear - np.float32(ROOT**3), 0) * np.float32(1 / SLOPE)


def power_in_place(plane: NDArray[np.float32], exponent: float) -> None:
    """Raise to the power in place; ``plane`` is above 0. Twice as fast as ``cv2.pow``."""
    cv2.log(plane, plane)
    plane *= np.float32(exponent)
    cv2.exp(plane, plane)


def lightness_from_luma(luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """L* in [0, 100] of a grey with the sRGB code ``luma`` in [0, 1], any shape."""
    codes = np.ascontiguousarray(luma, np.float32).reshape(1, -1)
    lightness, linear = np.empty((2, *codes.shape), np.float32)
    root_and_linear(codes, lightness, linear)
    lightness *= np.float32(116)
    lightness -= np.float32(16)
    return lightness.reshape(np.shape(luma))


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
