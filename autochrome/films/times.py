"""Timestamps as decoders give them, made to rise; and the rate that they follow."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray


def out_of_order(times: list[int | None]) -> int:
    """How many timestamps do not follow the one before, or are missing."""
    pairs = pairwise([-math.inf, *times])
    return sum(time is None or (last is not None and time <= last) for last, time in pairs)


def rising(
    given: list[int | None], usual: int, back: int
) -> tuple[NDArray[np.int64], int, list[list[int]]]:
    """Timestamps that rise strictly, from what the decoder gave; how many were changed; jumps.

    Where they jump back by more than ``back``, recordings were put one behind the other: what
    follows is moved on as a whole. A jump is the frame it begins with, and the sum of all moves
    until then.
    """
    result = np.empty(len(given), np.int64)
    repaired, moved, jumps = 0, 0, []
    for i, value in enumerate(given):
        last = int(result[i - 1]) if i else None
        if value is None:
            value = last + usual if i else 0
            repaired += 1
        else:
            value += moved
            if i and value < last - back:
                moved += last + usual - value
                value = last + usual
                jumps.append([i, moved])
            elif i and value <= last:
                value = last + 1
                repaired += 1
        result[i] = value
    return result, repaired, jumps


def rate_of(
    pts: NDArray[np.int64],
    durations: NDArray[np.int64],
    time_base: Fraction,
    promised: list[Fraction],
) -> Fraction:
    """The rate that the header promises if the frames follow it, else their average."""
    for rate in promised:
        if follows(pts, rate * time_base):
            return rate
    span = int(pts[-1] - pts[0] + durations[-1]) * time_base
    rate = len(pts) / span if span > 0 else Fraction(25)
    return min(max(rate, Fraction(1, 100)), Fraction(1000)).limit_denominator(1001)


def follows(pts: NDArray[np.int64], frames_a_tick: Fraction) -> bool:
    """Do the timestamps follow each other evenly, as far as the clock can tell?"""
    even = pts[0] + np.arange(len(pts)) / float(frames_a_tick)
    return bool(np.all(np.abs(pts - even) <= 1))
