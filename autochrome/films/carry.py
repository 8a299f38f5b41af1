"""Colour carried along motion: from the key frames on both sides to the frames between them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .cleaning import Look, scaled_flow
from .motion import Way, resized, warped

# Trust below which a place counts as a hole. Holes count without their rims, which are seams that
# blending closes; the network is asked for a frame between two key frames when they take up this
# share of it, but never nearer than `_APART` to one.
_HOLE = 0.3
_RIM = 1
_HOLES = 0.05
_APART = 3
# Every source counts a little, so that holes are filled and no edge shows.
_FLOOR = 0.004
# What a neighbouring key frame's colours count in a key frame's own.
_NEIGHBOUR = 0.6
# Averages are paler than what they average: at most so much is given back.
_MOST_GAIN = 1.25


@dataclass(frozen=True)
class Key:
    """A key frame: its look and the network's colours for it, ab float32 (h, w, 2), CIE units."""

    look: Look
    ab: NDArray[np.float32]


@dataclass(frozen=True)
class Carrier:
    """The way from a frame to a key frame, and the trust in it, float32 (h, w) in [0, 1]."""

    way: Way
    trust: NDArray[np.float32]

    def bring(self, ab: NDArray[np.float32]) -> NDArray[np.float32]:
        return warped(ab, scaled_flow(self.way.flow, *ab.shape[:2]), cv2.INTER_LINEAR)

    def weight(self, share: float, height: int, width: int) -> NDArray[np.float32]:
        return resized(self.trust, height, width) * np.float32(share) + np.float32(share * _FLOOR)


@dataclass(frozen=True)
class Piece:
    """The frames from one key frame to the next, both included.

    At a shot's ends one of the two is missing. ``lefts`` and ``rights`` lead from each frame to
    the key frame on that side, where there is one.
    """

    looks: Sequence[Look]
    left: Key | None
    right: Key | None
    lefts: list[Carrier]
    rights: list[Carrier]


def pieces_between(
    looks: Sequence[Look], left: Key | None, right: Key | None, ask: Callable[[Look], Key]
) -> Iterator[Piece]:
    """The frames from ``left`` to ``right``, divided at frames that the network is asked for.

    Where too much of a frame comes from neither key frame, such as background that is uncovered
    or somebody who comes and goes, the worst such frame becomes a key frame itself.
    """
    lefts = _carriers(looks, left) if left is not None else []
    rights = _carriers(looks[::-1], right, backwards=True)[::-1] if right is not None else []
    worst = _worst_hole(lefts, rights)
    if worst is None:
        yield Piece(looks, left, right, lefts, rights)
        return
    middle = ask(looks[worst])
    yield from pieces_between(looks[: worst + 1], left, middle, ask)
    yield from pieces_between(looks[worst:], middle, right, ask)


def _carriers(looks: Sequence[Look], key: Key, backwards: bool = False) -> list[Carrier]:
    """The carriers of frames that lead away from a key frame, the first of them."""
    way = Way.nowhere(*key.look.grid.shape)
    found = [Carrier(way, np.ones(key.look.grid.shape, np.float32))]
    for before, look in zip(looks, looks[1:], strict=False):
        if backwards:
            way = way.after(before.step.back, before.step.back_doubt)
        else:
            way = way.after(look.step.forth, look.step.forth_doubt)
        found.append(Carrier(way, way.trust(look.grid, key.look.grid)))
    return found


def _worst_hole(lefts: list[Carrier], rights: list[Carrier]) -> int | None:
    """The frame, far enough from the key frames, that is least covered; None if all are."""
    count = len(lefts or rights)
    first = _APART if lefts else 0
    stop = count - _APART if rights else count
    if first >= stop:
        return None
    shares = [_holes(side[n].trust for side in (lefts, rights) if side) for n in range(first, stop)]
    worst = int(np.argmax(shares))
    return first + worst if shares[worst] > _HOLES else None


def _holes(trusts: Iterable[NDArray[np.float32]]) -> float:
    best = None
    for trust in trusts:
        best = trust if best is None else cv2.max(best, trust)
    rim = np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)
    return float(np.mean(cv2.erode((best < _HOLE).astype(np.uint8), rim)))


def coloured(pieces: Iterable[Piece]) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The ab map of every frame of pieces that follow each other: its number, float32 (h, w, 2).

    A key frame's colours are averaged with those of its neighbours, carried to it. The frame that
    two pieces share is told once.
    """
    before: Piece | None = None
    piece: Piece | None = None
    for following in pieces:
        if piece is not None:
            yield from _colours_of(before, piece, following)
        before, piece = piece, following
    if piece is not None:
        yield from _colours_of(before, piece, None)


def _colours_of(
    before: Piece | None, piece: Piece, following: Piece | None
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    left = None if piece.left is None else _steadied(piece.left, before, piece)
    right = None if piece.right is None else _steadied(piece.right, piece, following)
    last = len(piece.looks) - 1
    for n, look in enumerate(piece.looks[: last + (right is None)]):
        sources = []
        share = n / last if last and left is not None and right is not None else 0.0
        if left is not None:
            sources.append((left, piece.lefts[n], 1 - share))
        if right is not None:
            sources.append((right, piece.rights[n], share if left is not None else 1.0))
        yield look.number, _blended(sources)


def _steadied(key: Key, before: Piece | None, after: Piece | None) -> NDArray[np.float32]:
    """A key frame's colours, averaged with those of its neighbours."""
    here = Carrier(Way.nowhere(*key.look.grid.shape), np.ones(key.look.grid.shape, np.float32))
    sources = [(key.ab, here, 1.0)]
    if before is not None and before.left is not None:
        sources.append((before.left.ab, before.lefts[-1], _NEIGHBOUR))
    if after is not None and after.right is not None:
        sources.append((after.right.ab, after.rights[0], _NEIGHBOUR))
    return _blended(sources)


def _blended(
    sources: list[tuple[NDArray[np.float32], Carrier, float]],
) -> NDArray[np.float32]:
    """Colours brought from several frames, by their share and the trust in each place.

    Where they disagree the mean is paler than they are: the whole map is given back their mean
    square of chroma.
    """
    sources = [source for source in sources if source[2] > 0]
    if len(sources) == 1:
        ab, carrier, _ = sources[0]
        return carrier.bring(ab)
    total, power, weights = 0.0, 0.0, 0.0
    for ab, carrier, share in sources:
        came = carrier.bring(ab)
        weight = carrier.weight(share, *ab.shape[:2])
        total += came * weight[..., None]
        power += (came * came).sum(axis=2) * weight
        weights += weight
    mean = total / weights[..., None]
    wanted, found = float((power / weights).mean()), float((mean * mean).sum(axis=2).mean())
    return mean * np.float32(min(((wanted + 1) / (found + 1)) ** 0.5, _MOST_GAIN))
