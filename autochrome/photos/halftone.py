"""Pictures printed in halftone: the network is shown tones in place of the raster's dots.

A raster is the same few sharp peaks in the spectrum everywhere on the sheet; what a photograph
shows is spread over many frequencies. The result keeps every dot: only the network's copy is
changed.
"""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

# Squares of this side, at most so many by so many, of which the mean spectrum is taken.
_SIDE, _LEAST_SIDE = 256, 64
_SQUARES = 3
# Every fourth square is looked at first: of nine those on a diagonal.
_SOME = 4
# Longer periods (in pixels of the copy) are things in the picture.
_LONGEST = 20
# A raster's peak is e⁷ times what is usual at its frequency, and holds this share of the power of
# all that is finer than 64 pixels: 0.03 to 0.16 of rasters, 0.002 of photographs.
_PEAK, _SHARE = 7.0, 0.02
_COARSEST = 64
# The blur in periods: it leaves 2 % of the raster's contrast.
_BLUR = 0.45


def without_raster(luma: NDArray[np.float32]) -> tuple[NDArray[np.float32], float | None]:
    """A copy in which a halftone's dots have become tones, and the raster's period in pixels.

    ``luma`` float32 (h, w) in [0, 1]. Where there is no raster the same array and None.
    """
    period = raster_period(luma)
    if period is None:
        return luma, None
    return cv2.GaussianBlur(luma, (0, 0), _BLUR * period), period


def raster_period(luma: NDArray[np.float32]) -> float | None:
    """Pixels from dot to dot along the raster, 2 to 20; None if ``luma``, as above, has none."""
    side = min(_SIDE, *luma.shape) // 2 * 2
    if side < _LEAST_SIDE:
        return None
    frequency, ring, middles = _frequencies(side)
    found = (frequency > 1 / _LONGEST) & (frequency <= 0.5)
    finer = frequency > 1 / _COARSEST
    squares = _squares(luma, side)
    some = sum(map(_power, squares[::_SOME]))
    # So much of most photographs lies nowhere, which is told soon.
    if some[found].max() < _SHARE / 2 * some[finer].sum():
        return None
    others = [square for number, square in enumerate(squares) if number % _SOME]
    power = sum(map(_power, others), some) / np.float32(len(squares))
    least = _SHARE * power[finer].sum()
    if power[found].max() < least:
        return None
    # The darkest picture's rounding noise is no peak.
    log = np.log(power + 1e-6)
    usual = log.ravel()[np.lexsort((log.ravel(), ring.ravel()))][middles].mean(axis=0)
    above = np.where(found, log - usual[ring], -np.inf)
    peak = np.unravel_index(np.argmax(above), above.shape)
    if above[peak] < _PEAK or power[peak] < least:
        return None
    return float(1 / frequency[peak])


def _squares(luma: NDArray[np.float32], side: int) -> list[NDArray[np.float32]]:
    starts = [
        np.linspace(0, length - side, min(_SQUARES, length // side)).astype(int)
        for length in luma.shape
    ]
    return [luma[top : top + side, left : left + side] for top in starts[0] for left in starts[1]]


def _power(square: NDArray[np.float32]) -> NDArray[np.float32]:
    """Its power spectrum under a window (Hann), the half that is not the other's mirror image.

    ``square`` is of an even side n; returns float32 (n, n / 2 + 1).
    """
    side = len(square)
    windowed = (square - cv2.mean(square)[0]) * _window(side)
    spectrum = cv2.dft(windowed)
    # In OpenCV's packed form real parts and imaginary ones stand beside each other, and below each
    # other in the first column and the last, which have no imaginary part of their own.
    packed = cv2.mulSpectrums(spectrum, spectrum, 0, conjB=True)
    power = np.empty((side, side // 2 + 1), np.float32)
    power[:, 1:-1] = packed[:, 1:-1:2]
    for column, whole in ((0, packed[:, 0]), (-1, packed[:, -1])):
        power[0, column], power[side // 2, column] = whole[0], whole[-1]
        power[1 : side // 2, column] = whole[1:-1:2]
        power[: side // 2 : -1, column] = whole[1:-1:2]
    return power


@lru_cache(maxsize=4)
def _window(side: int) -> NDArray[np.float32]:
    row = np.hanning(side)
    return np.outer(row, row).astype(np.float32)


@lru_cache(maxsize=4)
def _frequencies(side: int) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Cycles a pixel at each place of a spectrum, and the ring to which it belongs.

    And the two places, (2, rings), whose mean is a ring's median where all values stand ring by
    ring and sorted.
    """
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    ring = np.rint(frequency * side).astype(np.int64)
    count = np.bincount(ring.ravel())
    start = np.cumsum(count) - count
    return frequency, ring, np.stack([start + (count - 1) // 2, start + count // 2])
