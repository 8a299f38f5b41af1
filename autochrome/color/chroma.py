"""Colour laid over a luma that stays: from the network's ab to chroma, inside the gamut.

(L*, a, b) gives unclipped R'G'B', of which only the differences from its own luma are kept; they
are shrunk towards 0, at constant luma and hue, until every channel fits.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .lab import (
    LINEAR,
    REC601,
    RGB_FROM_RELATIVE_XYZ,
    ROOT,
    SLOPE,
    power_in_place,
    root_and_linear,
)

# Rows of about this many pixels at a time keep the intermediate planes in the processor's cache.
_BLOCK_PIXELS = 65536
_CONSTANTS = (0.0, 1.0, LINEAR, ROOT, 1e-6)


def chroma_from_ab(
    luma: NDArray[np.float32] | NDArray[np.uint8],
    ab: NDArray[np.float32],
    weights: tuple[float, float, float] = REC601,
    low: NDArray | None = None,
    high: NDArray | None = None,
) -> NDArray[np.float32]:
    """Chroma of the colour (a, b) on a given luma.

    ``luma`` (H, W), full-range codes: float32 in [0, 1], or uint8, for which tables do some of the
    work; ``ab`` float32 (H, W, 2), CIE units; ``weights`` of R', G', B' in the luma. Where one
    chroma sample serves several luma samples (4:2:0), ``low`` and ``high`` are their least and
    greatest luma, of luma's type, so that each of them stays in the gamut.

    Returns float32 (H, W, 2): Cb and Cr in [-0.5, 0.5], full range, so that
    R' = Y' + 2 (1 - Kr) Cr and B' = Y' + 2 (1 - Kb) Cb lie in [0, 1], as does G'. In memory each of
    the two is a plane.
    """
    height, width = luma.shape
    chroma = np.empty((2, height, width), np.float32)
    step = max(1, _BLOCK_PIXELS // max(1, width))
    work = np.empty((9, min(step, height), width), np.float32)
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
    """Fill ``out`` (2, rows, W); ``work`` (9, rows, W) is room for what lies between.

    Plane by plane and in place, since this takes most of a photograph's time.
    """
    red, green, blue, x, y, z, above, below, spare = work
    zero, one, linear, root, none = constants
    if luma.dtype == np.uint8:
        for table, plane in zip(_tables_of_luma(), (x, y), strict=True):
            cv2.LUT(luma, table, plane)
    else:
        root_and_linear(luma, x, y)
    cv2.scaleAdd(ab[..., 1], -1 / 200, x, z)
    cv2.scaleAdd(ab[..., 0], 1 / 500, x, x)
    for plane in (x, z):
        _cube(plane, root, spare)
    xyz, rgb = (planes.reshape(3, -1) for planes in (work[3:6], work[:3]))
    np.matmul(RGB_FROM_RELATIVE_XYZ, xyz, out=rgb)
    _encode((red, green, blue), linear, spare)

    # These are codes in units of 1.055 and without their constant: only differences are wanted.
    np.matmul(_less_luma(weights), rgb, out=xyz)
    blue_less, red_less, green_less = x, y, z
    cv2.max(red_less, green_less, red)
    cv2.max(red, blue_less, red)
    cv2.min(red_less, green_less, green)
    cv2.min(green, blue_less, green)
    # How much of the difference has room above, and below.
    np.maximum(red, none, out=red)
    np.maximum(np.negative(green, out=green), none, out=green)
    if luma.dtype == np.uint8:
        for table, codes, plane in zip(_tables_of_room(), (high, low), (above, below), strict=True):
            cv2.LUT(codes, table, plane)
    else:
        np.multiply(1 - high, np.float32(1 / 1.055), out=above)
        np.multiply(low, np.float32(1 / 1.055), out=below)
    cv2.divide(above, red, red)
    cv2.divide(below, green, green)
    cv2.min(red, green, red)
    np.minimum(np.maximum(red, zero, out=red), one, out=red)
    kr, _, kb = weights
    for plane, less, weight in zip(out, (blue_less, red_less), (kb, kr), strict=True):
        cv2.multiply(less, red, plane, 1.055 / (2 * (1 - weight)))


@lru_cache
def _less_luma(weights: tuple[float, float, float]) -> NDArray[np.float32]:
    """From R', G', B' to B', R', G', each less the luma."""
    return (np.eye(3)[[2, 0, 1]] - np.array(weights)).astype(np.float32)


@lru_cache
def _tables_of_luma() -> tuple[NDArray[np.float32], ...]:
    """Root and linear light of each 8-bit code, see `root_and_linear`."""
    tables = np.empty((2, 1, 256), np.float32)
    root_and_linear(_codes()[None], *tables)
    return tuple(tables.reshape(2, 256))


@lru_cache
def _tables_of_room() -> tuple[NDArray[np.float32], ...]:
    """Above each 8-bit code, and below it, in units of 1.055."""
    return (1 - _codes()) / np.float32(1.055), _codes() / np.float32(1.055)


def _codes() -> NDArray[np.float32]:
    return np.arange(256, dtype=np.float32) / np.float32(255)


def _cube(plane, root, spare) -> None:
    """XYZ relative to white of what L*a*b* takes for its root, in place.

    A curve of two parts is its upper part from where they meet, plus the lower one up to there,
    which is seldom needed. ``root`` is full of `ROOT`.
    """
    has_lower = plane.min() < ROOT
    if has_lower:
        lower = cv2.min(plane, root)
        cv2.max(plane, root, plane)
    cv2.multiply(plane, plane, spare)
    cv2.multiply(plane, spare, plane)
    if has_lower:
        cv2.scaleAdd(lower, SLOPE, plane, plane)
        plane -= np.float32(SLOPE * ROOT)


def _encode(planes, linear, spare) -> None:
    """sRGB codes of linear light, in place, in units of 1.055 and without their constant.

    ``linear`` is full of `LINEAR`.
    """
    has_lower = any(plane.min() < LINEAR for plane in planes)
    for plane in planes:
        if has_lower:
            cv2.min(plane, linear, spare)
            cv2.max(plane, linear, plane)
        power_in_place(plane, 1 / 2.4)
        if has_lower:
            cv2.scaleAdd(spare, 12.92 / 1.055, plane, plane)


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
    (height, width, 2) whole, with the same values however it is cut into strips. In memory a and b
    are a plane each. A picture smaller than the map gets area means.

    Bicubic wins on true chroma over bilinear and naive edge-following filters; see
    ``benchmarks/upsampling.py``.
    """
    rows = height - first_row if rows is None else rows
    if height < ab.shape[0] or width < ab.shape[1]:
        small = cv2.resize(ab, (width, height), interpolation=cv2.INTER_AREA)
        return small[first_row : first_row + rows]
    # Both planes beside each other, raised to the width.
    wide = np.hstack([_widened(ab[..., plane], width) for plane in (0, 1)])
    raised = np.empty((rows, 2 * width), np.float32)
    for first, weights, four in _cubic_rows(wide, height, first_row, rows):
        # All of them, even at a strip's ends: the sums are not the same for any number of rows.
        values = np.matmul(weights, four)
        top = first - first_row
        raised[max(0, top) : top + len(values)] = values[max(0, -top) : rows - top]
    return np.moveaxis(raised.reshape(rows, 2, width), 1, 2)


def _widened(plane: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    size = (width, plane.shape[0])
    return cv2.resize(np.ascontiguousarray(plane), size, interpolation=cv2.INTER_CUBIC)


def _cubic_rows(wide: NDArray[np.float32], height: int, first_row: int, rows: int):
    """Vertical bicubic interpolation (a = -0.75, as OpenCV's), edges repeated.

    Yields, for the rows ``first_row`` … of ``height``, those that lie between the same two rows of
    ``wide`` (h, w): the first of them; the weights (n, 4) of all of them; and the four rows of
    ``wide`` that these are for.
    """
    position = (np.arange(height) + 0.5) * (len(wide) / height) - 0.5
    base = np.floor(position).astype(int)
    t = (position - base).astype(np.float32)
    a = np.float32(-0.75)
    weights = np.stack(
        [
            ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a,
            ((a + 2) * t - (a + 3)) * t * t + 1,
            ((a + 2) * (1 - t) - (a + 3)) * (1 - t) * (1 - t) + 1,
            ((a * (2 - t) - 5 * a) * (2 - t) + 8 * a) * (2 - t) - 4 * a,
        ],
        axis=1,
    )
    padded = np.pad(wide, ((2, 2), (0, 0)), "edge")
    starts = np.flatnonzero(np.diff(base, prepend=base[0] - 1))
    ends = np.append(starts[1:], height)
    for start, end in zip(starts, ends, strict=True):
        if start < first_row + rows and end > first_row:
            yield start, weights[start:end], padded[base[start] + 1 : base[start] + 5]
