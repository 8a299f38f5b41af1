"""Colour laid over a luma that stays: from the network's ab to chroma, inside the gamut.

(L*, a, b) gives unclipped R'G'B', of which only the differences from its own luma are kept; they
are shrunk towards 0, at constant luma and hue, until every channel fits.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .lab import REC601, lightness_from_luma, rgb_from_lab

# Rows of about this many pixels at a time keep the intermediate planes in the processor's cache.
_BLOCK_PIXELS = 32768


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
    R' = Y' + 2 (1 - Kr) Cr and B' = Y' + 2 (1 - Kb) Cb lie in [0, 1], as does G'.
    """
    height, width = luma.shape
    chroma = np.empty((height, width, 2), np.float32)
    step = max(1, _BLOCK_PIXELS // max(1, width))
    for top in range(0, height, step):
        rows = slice(top, top + step)
        chroma[rows] = _chroma_block(
            luma[rows],
            ab[rows],
            weights,
            luma[rows] if low is None else low[rows],
            luma[rows] if high is None else high[rows],
        )
    return chroma


def _chroma_block(luma, ab, weights, low, high):
    rgb = rgb_from_lab(lightness_from_luma(luma), ab)
    kr, kg, kb = (np.float32(w) for w in weights)
    difference = rgb - (kr * rgb[..., 0] + kg * rgb[..., 1] + kb * rgb[..., 2])[..., None]
    # Pairwise: a reduction over a last axis of three takes NumPy ten times longer.
    r, g, b = (difference[..., channel] for channel in range(3))
    most = np.maximum(np.maximum(np.maximum(r, g), b), 1e-6)
    least = np.maximum(-np.minimum(np.minimum(r, g), b), 1e-6)
    scale = np.clip(np.minimum((1 - high) / most, low / least), 0, 1)
    return np.stack(
        (scale * difference[..., 2] / (2 * (1 - kb)), scale * difference[..., 0] / (2 * (1 - kr))),
        axis=2,
    )


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
    rgb = cv2.transform(np.ascontiguousarray(chroma), to_rgb)
    rgb += luma[..., None]
    return np.clip(np.rint(rgb, out=rgb), 0, peak).astype(luma.dtype)


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
