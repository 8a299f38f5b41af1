"""Colour laid over a luma that stays: from the network's ab to chroma, inside the gamut.

(L*, a, b) gives unclipped R'G'B', of which only the differences from its own luma are kept; they
are shrunk towards 0, at constant luma and hue, until every channel fits.
"""

from functools import lru_cache, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from .formula import Formula, Plane, greater, lesser
from .lab import REC601, RGB_FROM_RELATIVE_XYZ, cube, encoded, root_and_linear

# The least difference that is divided by.
_NONE = 1e-6


def chroma_from_ab(
    luma: NDArray[np.float32] | NDArray[np.uint8],
    ab: NDArray[np.float32],
    weights: tuple[float, float, float] = REC601,
    low: NDArray | None = None,
    high: NDArray | None = None,
) -> NDArray[np.float32]:
    """Chroma of the colour (a, b) on a given luma.

    ``luma`` (H, W), full-range codes: float32 in [0, 1], or uint8; ``ab`` float32 (H, W, 2), CIE
    units; ``weights`` of R', G', B' in the luma. Where one chroma sample serves several luma
    samples (4:2:0), ``low`` and ``high`` are their least and greatest luma, of luma's type, so
    that each of them stays in the gamut.

    Returns float32 (H, W, 2): Cb and Cr in [-0.5, 0.5], full range, so that
    R' = Y' + 2 (1 - Kr) Cr and B' = Y' + 2 (1 - Kb) Cb lie in [0, 1], as does G'. In memory each of
    the two is a plane.
    """
    low, high = (luma if plane is None else plane for plane in (low, high))
    kind = np.uint8 if luma.dtype == np.uint8 else np.float32
    chroma = np.empty((2, *luma.shape), np.float32)
    _chroma_formula(weights, kind)([luma, low, high, ab[..., 0], ab[..., 1]], chroma)
    return np.moveaxis(chroma, 0, 2)


@lru_cache
def _chroma_formula(weights: tuple[float, float, float], kind: type) -> Formula:
    """From luma, its least, its greatest (all of the type ``kind``), a and b to Cb and Cr."""
    return Formula(partial(_chroma, weights), [kind] * 3 + [np.float32] * 2)


def _chroma(
    weights: tuple[float, float, float], luma: Plane, low: Plane, high: Plane, a: Plane, b: Plane
) -> tuple[Plane, Plane]:
    root, linear = root_and_linear(luma)
    x, z = (cube(root + share) for share in (a * (1 / 500), b * (-1 / 200)))
    red, green, blue = (
        encoded(x * of_x + linear * of_y + z * of_z)
        for of_x, of_y, of_z in RGB_FROM_RELATIVE_XYZ.tolist()
    )
    kr, kg, kb = weights
    own = red * kr + green * kg + blue * kb
    red, green, blue = red - own, green - own, blue - own
    # How much of the difference has room above, and below.
    most = greater(greater(greater(red, green), blue), _NONE)
    least = greater(lesser(lesser(red, green), blue) * -1, _NONE)
    share = greater(lesser(lesser((1 - high) / most, low / least), 1), 0)
    return blue * share * (0.5 / (1 - kb)), red * share * (0.5 / (1 - kr))


def rgb_from_luma_ab(
    luma: NDArray[np.integer],
    ab: NDArray[np.float32],
    weights: tuple[float, float, float] = REC601,
) -> NDArray[np.integer]:
    """R'G'B' codes with a given luma and the chroma of the colour (a, b) on it.

    ``luma`` uint8 or uint16 (H, W), full range; ``ab`` float32 (H, W, 2), CIE units. Returns
    (H, W, 3) of luma's type, whose own luma, rounded, differs from ``luma`` by at most one code.
    The chroma is that of `chroma_from_ab`.
    """
    codes = np.empty((3, *luma.shape), np.float32)
    formula = _rgb_formula(weights, int(np.iinfo(luma.dtype).max))
    formula([luma.astype(np.float32), ab[..., 0], ab[..., 1]], codes)
    return cv2.merge([plane.astype(luma.dtype) for plane in codes])


@lru_cache
def _rgb_formula(weights: tuple[float, float, float], peak: int) -> Formula:
    """From luma in codes up to ``peak``, a and b to R', G' and B', in codes and half a one."""
    kr, kg, kb = weights

    def rgb(codes: Plane, a: Plane, b: Plane) -> list[Plane]:
        luma = codes / peak
        cb, cr = _chroma(weights, luma, luma, luma, a, b)
        blue, red = cb * (2 * peak * (1 - kb)), cr * (2 * peak * (1 - kr))
        green = red * (-kr / kg) + blue * (-kb / kg)
        return [greater(lesser(codes + less, peak), 0) + 0.5 for less in (red, green, blue)]

    return Formula(rgb, [np.float32] * 3)


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
    raised = np.empty((2, rows, width), np.float32)
    for plane, out in enumerate(raised):
        for first, weights, four in _cubic_rows(_widened(ab[..., plane], width), height):
            top, count = first - first_row, len(weights)
            if top >= 0 and top + count <= rows:
                np.matmul(weights, four, out=out[top : top + count])
            elif -count < top < rows:
                # All of them, even at a strip's ends: sums are not the same for any number of rows.
                whole = np.matmul(weights, four)
                out[max(0, top) : top + count] = whole[max(0, -top) : rows - top]
    return np.moveaxis(raised, 0, 2)


def _widened(plane: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    size = (width, plane.shape[0])
    return cv2.resize(np.ascontiguousarray(plane), size, interpolation=cv2.INTER_CUBIC)


def _cubic_rows(wide: NDArray[np.float32], height: int):
    """Vertical bicubic interpolation (a = -0.75, as OpenCV's), edges repeated.

    Yields, for each two rows of ``wide`` (h, w), what lies between them of ``height`` rows: the
    first; the weights (n, 4) of all; and the four rows of ``wide`` that these are for.
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
        yield start, weights[start:end], padded[base[start] + 1 : base[start] + 5]
