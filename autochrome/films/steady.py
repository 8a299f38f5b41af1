"""Colour that holds still inside a shot: each ab map is averaged with its neighbours in time."""

import numpy as np
from numpy.typing import NDArray

from .colour import AbMaps
from .index import FilmIndex

# A finite symmetric window, so that where the film is cut into chunks changes nothing.
REACH = 8
_SIGMA = 4.0
_WEIGHTS = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / _SIGMA) ** 2).astype(np.float32)
# CIE units of ab from which a neighbour's colour is another thing's, which moved there.
_ALIKE = 5.0


def steady_ab(index: FilmIndex, maps: AbMaps, frame: int) -> NDArray[np.float32]:
    """The ab map of a frame, float32 (h, w, 2), averaged over the frames around it in its shot.

    At each place only over neighbours of about the same colour, so that nothing moving is smeared.
    The map as it is where every frame is a key frame of its own.
    """
    here = maps[frame].astype(np.float32)
    if index.key_frames == "every":
        return here
    first, stop = index.shot_of(frame)
    total, weights = np.zeros_like(here), np.ones(here.shape[:2], np.float32)
    for other in range(max(first, frame - REACH), min(stop, frame + REACH + 1)):
        if other == frame:
            continue
        gap = maps[other].astype(np.float32) - here
        far = gap[..., 0] ** 2 + gap[..., 1] ** 2
        weight = _WEIGHTS[other - frame + REACH] * np.maximum(1 - far / _ALIKE**2, 0)
        total += gap * weight[..., None]
        weights += weight
    return here + total / weights[..., None]
