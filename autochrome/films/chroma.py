"""Chroma planes for a film's own luma: from a small ab map to the codes of Cb and Cr."""

import numpy as np
from numpy.typing import NDArray

from ..color import chroma_from_ab, raise_ab
from .pixels import Picture, chroma_codes, full_range_luma


def chroma_planes(
    luma: NDArray[np.integer], ab: NDArray[np.float32], picture: Picture, depth: int
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Cb and Cr of a frame, at the size that the result stores them, on codes of ``depth`` bits.

    ``luma`` uint8 or uint16 (H, W) on the film's codes, ``ab`` float32 (h, w, 2), CIE units.
    The fields of an interlaced film are two pictures: each gets the chroma of its own lines.
    """
    if not picture.fields:
        return _progressive(luma, ab, picture, depth)
    rows = (luma.shape[0] + 1) // 2 if picture.halved else luma.shape[0]
    columns = luma.shape[1] // 2 if picture.halved else luma.shape[1]
    kind = np.uint8 if depth == 8 else np.uint16
    both = (np.empty((rows, columns), kind), np.empty((rows, columns), kind))
    for parity in range(2):
        field = _even_rows(luma[parity::2]) if picture.halved else luma[parity::2]
        for plane, part in zip(both, _progressive(field, ab, picture, depth), strict=True):
            lines = plane[parity::2]
            lines[:] = part[: len(lines)]
    return both


def _even_rows(field: NDArray[np.integer]) -> NDArray[np.integer]:
    return np.concatenate([field, field[-1:]]) if len(field) % 2 else field


def _progressive(luma, ab, picture, depth):
    if picture.halved:
        corners = [luma[y::2, x::2] for y in range(2) for x in range(2)]
        low = np.minimum.reduce(corners)
        high = np.maximum.reduce(corners)
        middle = sum(corner.astype(np.uint32) for corner in corners).astype(np.float32) / 4
    else:
        low = high = middle = luma
    full = [full_range_luma(codes, picture) for codes in (middle, low, high)]
    raised = raise_ab(ab, *middle.shape)
    chroma = chroma_from_ab(full[0], raised, picture.weights, low=full[1], high=full[2])
    return tuple(chroma_codes(chroma[..., i], depth, picture.full) for i in range(2))
