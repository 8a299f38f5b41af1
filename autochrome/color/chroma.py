"""Colour laid over a luma that stays: from the network's ab to chroma, inside the gamut.

(L*, a, b) gives unclipped R'G'B', of which only the differences from its own luma are kept; they
are shrunk towards 0, at constant luma and hue, until every channel fits.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .lab import REC601, RGB_FROM_RELATIVE_XYZ

# Rows of about this many pixels at a time keep the intermediate planes in the processor's cache.
_BLOCK_PIXELS = 32768
# Where the two parts of each curve meet: CIE's root over its cube, sRGB's codes over linear light.
_ROOT, _CODE, _LINEAR = 6 / 29, 0.04045, 0.0031308
_SLOPE = 3 * _ROOT**2
_CONSTANTS = (0.0, 1.0, _CODE, _LINEAR, _ROOT, _ROOT**3, 1e-6)


def chroma_from_ab(
    luma: NDArray[np.float32],
    ab: NDArray[np.float32],
    weights: tuple[float, float, float] = REC601,
    low: NDArray[np.float32] | None = None,
    high: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Chroma of the colour (a, b) on a given luma.

    ``luma`` float32 (H, W) in [0, 1], full-range codes; ``ab`` float32 (H, W, 2), CIE units;
    ``weights`` of R', G', B' in the luma. Where one chroma sample serves several luma samples
    (4:2:0), ``low`` and ``high`` are their least and greatest luma, so that each of them stays
    in the gamut.

    Returns float32 (H, W, 2): Cb and Cr in [-0.5, 0.5], full range, so that
    R' = Y' + 2 (1 - Kr) Cr and B' = Y' + 2 (1 - Kb) Cb lie in [0, 1], as does G'. In memory each of
    the two is a plane.
    """
    height, width = luma.shape
    chroma = np.empty((2, height, width), np.float32)
    step = max(1, _BLOCK_PIXELS // max(1, width))
    work = np.empty((7, min(step, height), width), np.float32)
    # NumPy takes the lesser of two arrays three times as fast as that of an array and a number.
    constants = np.empty((len(_CONSTANTS), *work.shape[1:]), np.float32)
    constants[:] = np.array(_CONSTANTS)[:, None, None]
    for top in range(0, height, step):
        rows = slice(top, min(top + step, height))
        _chroma_block(
            chroma[:, rows],
            luma[rows],
            ab[rows],
            weights,
            luma[rows] if low is None else low[rows],
            luma[rows] if high is None else high[rows],
            work[:, : rows.stop - top],
            constants[:, : rows.stop - top],
        )
    return np.moveaxis(chroma, 0, 2)


def _chroma_block(out, luma, ab, weights, low, high, work, constants):
    """Fill ``out`` (2, rows, W); ``work`` (7, rows, W) is room for what lies between.

    Plane by plane and in place, since this takes most of a photograph's time. A curve of two parts
    is its upper part from where they meet, plus the lower one's difference up to there.
    """
    red, green, blue, x, y, z, spare = work
    zero, one, code, linear, root, cube, none = constants

    # The root of Y in L*a*b*, from luma: linear light is the cube of this power, 2.4 / 3.
    np.maximum(luma, code, out=x)
    x += np.float32(0.055)
    x *= np.float32(1 / 1.055)
    _power(x, 0.8)
    np.multiply(x, x, out=y)
    y *= x
    np.minimum(np.subtract(luma, code, out=spare), zero, out=spare)
    spare *= np.float32(1 / 12.92)
    y += spare
    np.maximum(x, root, out=x)
    np.minimum(np.subtract(y, cube, out=spare), zero, out=spare)
    spare *= np.float32(1 / _SLOPE)
    x += spare

    np.add(x, np.multiply(ab[..., 1], np.float32(-1 / 200), out=spare), out=z)
    x += np.multiply(ab[..., 0], np.float32(1 / 500), out=spare)
    for plane in (x, z):
        np.minimum(np.subtract(plane, root, out=red), zero, out=red)
        red *= np.float32(_SLOPE)
        np.maximum(plane, root, out=plane)
        np.multiply(plane, plane, out=spare)
        plane *= spare
        plane += red
    for plane, (of_x, of_y, of_z) in zip((red, green, blue), RGB_FROM_RELATIVE_XYZ, strict=True):
        np.multiply(x, of_x, out=plane)
        plane += np.multiply(y, of_y, out=spare)
        plane += np.multiply(z, of_z, out=spare)
    for plane in (red, green, blue):
        np.minimum(np.subtract(plane, linear, out=x), zero, out=x)
        x *= np.float32(12.92 / 1.055)
        _power(np.maximum(plane, linear, out=plane), 1 / 2.4)
        plane += x

    # These are codes in units of 1.055 and without their constant: only differences are wanted.
    kr, kg, kb = (np.float32(weight) for weight in weights)
    np.multiply(red, kr, out=y)
    y += np.multiply(green, kg, out=spare)
    y += np.multiply(blue, kb, out=spare)
    np.maximum(np.maximum(red, green, out=x), blue, out=x)
    np.maximum(np.subtract(x, y, out=x), none, out=x)
    np.minimum(np.minimum(red, green, out=z), blue, out=z)
    np.maximum(np.subtract(y, z, out=z), none, out=z)
    # How much of the difference has room above, and below.
    np.divide(np.subtract(one, high, out=spare), x, out=x)
    np.minimum(x, np.divide(low, z, out=z), out=x)
    x *= np.float32(1 / 1.055)
    np.maximum(np.minimum(x, one, out=x), zero, out=x)
    for plane, channel, weight in zip(out, (blue, red), (kb, kr), strict=True):
        channel -= y
        np.multiply(channel, x, out=plane)
        plane *= np.float32(1.055 / (2 * (1 - weight)))


def _power(plane: NDArray[np.float32], exponent: float) -> None:
    """Raise to the power in place; ``plane`` is above 0. Twice as fast as ``cv2.pow``."""
    cv2.log(plane, plane)
    plane *= np.float32(exponent)
    cv2.exp(plane, plane)


def rgb_from_luma_chroma(
    luma: NDArray[np.integer],
    chroma: NDArray[np.float32],
    weights: tuple[float, float, float] = REC601,
) -> NDArray[np.integer]:
    """R'G'B' codes with the given luma and chroma.

    ``luma`` uint8 or uint16 (H, W), full range; ``chroma`` float32 (H, W, 2) as `chroma_from_ab`
    gives it for this luma. Returns (H, W, 3) of luma's type, whose own luma, rounded, differs
    from ``luma`` by at most one code.
    """
    kr, kg, kb = weights
    peak = np.iinfo(luma.dtype).max
    # From Cb, Cr to R' - Y', G' - Y', B' - Y' in codes.
    to_rgb = peak * np.array(
        [[0, 2 * (1 - kr)], [-2 * kb * (1 - kb) / kg, -2 * kr * (1 - kr) / kg], [2 * (1 - kb), 0]],
        np.float32,
    )
    height, width = luma.shape
    rgb = np.empty((height, width, 3), luma.dtype)
    step = max(1, _BLOCK_PIXELS // max(1, width))
    work = np.empty((2, min(step, height), width), np.float32)
    for top in range(0, height, step):
        rows = slice(top, min(top + step, height))
        plane, spare = work[:, : rows.stop - top]
        for channel, (of_cb, of_cr) in enumerate(to_rgb):
            np.multiply(chroma[rows, :, 0], of_cb, out=plane)
            plane += np.multiply(chroma[rows, :, 1], of_cr, out=spare)
            plane += luma[rows]
            np.minimum(np.maximum(np.rint(plane, out=plane), 0, out=plane), peak, out=plane)
            rgb[rows, :, channel] = plane
    return rgb


def raise_ab(
    ab: NDArray[np.float32], height: int, width: int, first_row: int = 0, rows: int | None = None
) -> NDArray[np.float32]:
    """The ab map of the network brought to a picture's size, bicubic, or a strip of it.

    ``ab`` float32 (h, w, 2); returns float32 (rows, width, 2): rows ``first_row`` … of the
    (height, width, 2) whole, with the same values however it is cut into strips. A picture
    smaller than the map gets area means.

    Bicubic wins on true chroma over bilinear and naive edge-following filters; see
    ``benchmarks/upsampling.py``.
    """
    rows = height - first_row if rows is None else rows
    if height < ab.shape[0] or width < ab.shape[1]:
        small = cv2.resize(ab, (width, height), interpolation=cv2.INTER_AREA)
        return small[first_row : first_row + rows]
    vertical = _cubic_rows(ab, height, first_row, rows)
    return cv2.resize(vertical, (width, rows), interpolation=cv2.INTER_CUBIC)


def _cubic_rows(ab, height, first_row, rows):
    """Vertical bicubic interpolation (a = -0.75, as OpenCV's), edges repeated."""
    position = (np.arange(first_row, first_row + rows) + 0.5) * (ab.shape[0] / height) - 0.5
    base = np.floor(position).astype(int)
    t = (position - base).astype(np.float32)
    a = np.float32(-0.75)
    weights = (
        ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a,
        ((a + 2) * t - (a + 3)) * t * t + 1,
        ((a + 2) * (1 - t) - (a + 3)) * (1 - t) * (1 - t) + 1,
        ((a * (2 - t) - 5 * a) * (2 - t) + 8 * a) * (2 - t) - 4 * a,
    )
    out = np.zeros((rows, *ab.shape[1:]), np.float32)
    for offset, weight in zip((-1, 0, 1, 2), weights, strict=True):
        out += weight[:, None, None] * ab[np.clip(base + offset, 0, ab.shape[0] - 1)]
    return out
