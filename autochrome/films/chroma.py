"""Chroma planes for a film's own luma: from a small ab map to the codes of Cb and Cr.

All is computed at the size at which the result stores chroma; no frame is ever turned into R'G'B'.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from ..color import chroma_from_ab, lay_badge
from .coding import Coding
from .pixels import full_range_luma


class ChromaMaker:
    """Makes the chroma planes of a film's frames, one after another.

    ``badge``: as what a player shows the frames that get the visible mark (1 … 8, as EXIF counts
    orientations); None: they get none.
    """

    def __init__(self, coding: Coding, badge: int | None = None):
        picture = coding.picture
        self._coding = coding
        self._badge = badge
        # Full-range luma of every code, and of every sum of the samples that share their chroma.
        self._luma = full_range_luma(np.arange(2**picture.depth), picture)
        shared = (1 + coding.across) * (1 + coding.down)
        sums = np.arange(shared * (2**picture.depth - 1) + 1) / shared
        self._means = full_range_luma(sums, picture)

    def planes(
        self, luma: NDArray[np.integer], ab: NDArray[np.float32]
    ) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
        """Cb and Cr of a frame, at the size that the result stores them, on the result's codes.

        ``luma`` uint8 or uint16 (H, W) on the film's codes, ``ab`` float32 (h, w, 2), CIE units.
        The fields of an interlaced film are two pictures: each gets the chroma of its own lines.
        """
        height, width = luma.shape
        coding = self._coding
        rows = -(-height // 2) if coding.down else height
        columns = -(-width // 2) if coding.across else width
        kind = np.uint8 if coding.depth == 8 else np.uint16
        both = np.empty((2, rows, columns), kind)
        if coding.picture.fields:
            for parity in range(2):
                self._fill(both[:, parity::2], luma[parity::2], ab)
        else:
            self._fill(both, luma, ab)
        return both[0], both[1]

    def _fill(self, both: NDArray, luma: NDArray[np.integer], ab: NDArray[np.float32]) -> None:
        total, low, high = self._reduced(luma)
        raised = [_raised(np.ascontiguousarray(ab[..., i]), *total.shape) for i in range(2)]
        full_ab = np.moveaxis(np.stack(raised), 0, 2)
        if self._badge is not None:
            lay_badge(full_ab, total.shape[0], 0, self._badge, self._sample_aspect())
        chroma = chroma_from_ab(
            self._means[total],
            full_ab,
            self._coding.picture.weights,
            low=self._luma[low],
            high=self._luma[high],
        )
        depth, full = self._coding.depth, self._coding.full
        span = np.float32(2**depth - 1 if full else 224 << (depth - 8))
        for i, plane in enumerate(both):
            codes = chroma[: len(plane), :, i] * span
            codes += np.float32(1 << (depth - 1))
            np.rint(codes, out=codes)
            plane[:] = np.clip(codes, 0, 2**depth - 1, out=codes)

    def _sample_aspect(self) -> float:
        """Width over height, as shown, of a sample of chroma (of one field, if there are two)."""
        coding, picture = self._coding, self._coding.picture
        across, down = 1 + coding.across, (1 + coding.down) * (1 + bool(picture.fields))
        own = picture.aspect[0] / picture.aspect[1] if picture.aspect[0] else 1
        return own * across / down

    def _reduced(self, luma: NDArray[np.integer]) -> tuple[NDArray, NDArray, NDArray]:
        """Sum, least and greatest of the luma samples that share one sample of chroma."""
        total, low, high = luma, luma, luma
        if self._coding.down:
            low, high, total = _pairs_of_rows(luma)
        if self._coding.across:
            left, right = slice(0, None, 2), slice(1, None, 2)
            if luma.shape[1] % 2:
                low, high, total = (np.pad(p, ((0, 0), (0, 1)), "edge") for p in (low, high, total))
            low = np.minimum(low[:, left], low[:, right])
            high = np.maximum(high[:, left], high[:, right])
            total = np.add(total[:, left], total[:, right], dtype=np.uint32)
        return total, low, high


def _pairs_of_rows(luma: NDArray[np.integer]) -> tuple[NDArray, NDArray, NDArray]:
    if luma.shape[0] % 2:
        luma = np.concatenate([luma, luma[-1:]])
    one, other = luma[0::2], luma[1::2]
    return cv2.min(one, other), cv2.max(one, other), np.add(one, other, dtype=np.uint32)


def _raised(plane: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    """A plane of the map at the size of the chroma: bicubic, or area means where it shrinks."""
    shrinks = rows < plane.shape[0] or columns < plane.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cv2.resize(plane, (columns, rows), interpolation=way)
