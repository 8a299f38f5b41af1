"""What the lossless formats have in common: pixels out, and the proof that luma stayed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import ItemError
from .picture import Indexed, Picture, Written, luma_difference, picture_from_pixels

# Lossless formats keep luma within one code (promise 1).
_LUMA_LIMIT = 1


def picture_from_channels(pixels: NDArray[np.integer] | Indexed, **facts) -> Picture:
    """A `Picture` of decoded channels: (H, W) or (H, W, n) for grey, grey + alpha, RGB, RGBA."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return picture_from_pixels(pixels, **facts)
    if pixels.shape[2] == 1:
        return picture_from_pixels(pixels[..., 0], **facts)
    alpha = np.ascontiguousarray(pixels[..., -1])
    colour = pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3]
    return picture_from_pixels(np.ascontiguousarray(colour), alpha=alpha, **facts)


def verified(
    part: Path, picture: Picture, read: Callable[[Path, int], Picture], notes: list[str]
) -> Written:
    """Read the written file back and compare: luma within one code, alpha equal."""
    back = read(part, picture.height * picture.width)
    error = luma_difference(picture.luma, back.luma)
    alpha_stayed = (picture.alpha is None and back.alpha is None) or (
        picture.alpha is not None
        and back.alpha is not None
        and np.array_equal(picture.alpha, back.alpha)
    )
    return judged(error, alpha_stayed, notes)


def judged(error: int, alpha_stayed: bool, notes: list[str]) -> Written:
    """The check's outcome. Raises ItemError if luma or alpha are not the source's."""
    if error > _LUMA_LIMIT or not alpha_stayed:
        what = f"luma differs by {error} codes" if alpha_stayed else "alpha is not the source's"
        raise ItemError(
            f"The result failed its check and was not kept: {what}.",
            "Please report this with the file; meanwhile convert it to another format.",
        )
    return Written(luma_error=error, luma="read back and compared", notes=tuple(notes))
