"""Colour that holds still inside a shot: each ab map is averaged with its neighbours in time."""

import numpy as np
from numpy.typing import NDArray

from .colour import AbMaps
from .index import FilmIndex

# A finite symmetric window, so that where the film is cut into chunks changes nothing.
REACH = 8
_SIGMA = 3.5
_WEIGHTS = np.exp(-0.5 * (np.arange(-REACH, REACH + 1) / _SIGMA) ** 2).astype(np.float32)


def steady_ab(index: FilmIndex, maps: AbMaps, frame: int) -> NDArray[np.float32]:
    """The ab map of a frame, float32 (h, w, 2), averaged over the frames around it in its shot."""
    first, stop = index.shot_of(frame)
    total, weight = None, np.float32(0)
    for other in range(max(first, frame - REACH), min(stop, frame + REACH + 1)):
        share = _WEIGHTS[other - frame + REACH]
        part = share * maps[other].astype(np.float32)
        total = part if total is None else total + part
        weight += share
    return total / weight
