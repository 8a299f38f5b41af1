"""What the lossless formats have in common: the proof that luma stayed."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..color import luma_from_rgb
from ..errors import ItemError
from .picture import Picture, Written, luma_difference

# Lossless formats keep luma within one code (promise 1).
_LUMA_LIMIT = 1


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


def verified_strips(
    pieces: Iterable[NDArray[np.integer]], picture: Picture, notes: list[str]
) -> Written:
    """The same of a file that is read back strip by strip: its codes (rows, W, 3) or (rows, W, 4).

    Raises ValueError if they are not as many as the picture's.
    """
    worst, same, top = 0, True, 0
    for piece in pieces:
        rows = slice(top, top + len(piece))
        luma = luma_from_rgb(np.ascontiguousarray(piece[..., :3]))
        worst = max(worst, luma_difference(picture.luma[rows], luma))
        if picture.alpha is not None:
            same &= np.array_equal(picture.alpha[rows], piece[..., 3])
        top = rows.stop
    if top != picture.height:
        raise ValueError(f"it has {top} rows of {picture.height}")
    return judged(worst, same, notes)


def judged(error: int, alpha_stayed: bool, notes: list[str]) -> Written:
    """The check's outcome. Raises ItemError if luma or alpha are not the source's."""
    if error > _LUMA_LIMIT or not alpha_stayed:
        what = f"luma differs by {error} codes" if alpha_stayed else "alpha is not the source's"
        raise ItemError(
            f"The result failed its check and was not kept: {what}.",
            "Please report this with the file; meanwhile convert it to another format.",
        )
    return Written(luma_error=error, luma="read back and compared", notes=tuple(notes))
