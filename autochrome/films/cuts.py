"""Where a film is cut into chunks, and from where each chunk is read.

Cuts fall on colour's key frames or shot changes only. A seek is never trusted: it is tried, and
what comes is compared with the fingerprints; a cut without a start that is proven is not made.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from numpy.typing import NDArray

from ..errors import ItemError
from .decoder import Film, decode, fingerprint, open_film
from .keyframes import read_from
from .pixels import luma_of

if TYPE_CHECKING:
    from .index import FilmIndex

# Frames between two cuts: the steadying window must never reach over a whole chunk.
SHORTEST_CHUNK = 25

_PROOF_FRAMES = 8
_CANDIDATES_TRIED = 4


@dataclass(frozen=True)
class Cuts:
    """Chunk ``n`` is the frames ``bounds[n]`` … ``bounds[n + 1]`` - 1, read from ``starts[n]``.

    A start is a timestamp to seek to, or None for the beginning of the film. It also gives the
    frames before the chunk that its colours depend on (`read_from`).
    """

    bounds: tuple[int, ...]
    starts: tuple[int | None, ...]

    def frames(self, number: int) -> range:
        if number + 1 >= len(self.bounds):
            return range(self.bounds[-1], self.bounds[-1])
        return range(self.bounds[number], self.bounds[number + 1])

    def to_json(self) -> dict[str, Any]:
        return {"bounds": list(self.bounds), "starts": list(self.starts)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Cuts":
        return cls(tuple(value["bounds"]), tuple(value["starts"]))


class MisreadError(Exception):
    """The frames that came are not those of the index."""


def choose_cuts(index: "FilmIndex", source: str, chunks: int, key_times: dict[int, int]) -> Cuts:
    """Cut a film into at most ``chunks`` pieces of about one length.

    ``key_times`` gives the dts of each key packet's pts.
    """
    count = len(index)
    bounds, starts = [0], [None]
    possible = np.union1d(index.colour_keys, index.shots)
    for number in range(1, chunks):
        ideal = number * count / chunks
        for cut in _candidates(index, possible, ideal, count / chunks, bounds[-1]):
            start = _proven_start(index, source, cut, key_times)
            if start is not None:
                bounds.append(cut)
                starts.append(start)
                break
    return Cuts((*bounds, count), tuple(starts))


def _candidates(
    index: "FilmIndex", possible: NDArray[np.int64], ideal: float, length: float, last: int
) -> list[int]:
    """The cuts worth trying, best first: near the ideal place, little to decode before them."""
    near = possible[np.abs(possible - ideal) <= length / 2]
    near = near[(near >= last + SHORTEST_CHUNK) & (near <= len(index) - SHORTEST_CHUNK)]
    ahead = np.array(
        [cut - _key_before(index, read_from(index, int(cut))[1]) for cut in near], np.int64
    )
    cost = np.abs(near - ideal) + ahead
    order = np.argsort(cost, kind="stable")
    return [int(near[i]) for i in order if ahead[i] <= length / 4][:_CANDIDATES_TRIED]


def _key_before(index: "FilmIndex", frame: int) -> int:
    at = int(np.searchsorted(index.keys, frame, side="right"))
    return int(index.keys[at - 1]) if at else -len(index)


def _proven_start(
    index: "FilmIndex", source: str, cut: int, key_times: dict[int, int]
) -> int | None:
    """A timestamp from which the seek gives the right frames, or None."""
    first = read_from(index, cut)[1]
    at = int(np.searchsorted(index.keys, first, side="right"))
    targets: list[int] = []
    for key in index.keys[max(0, at - 2) : at][::-1]:
        pts = int(index.raw_pts[key])
        targets += [pts, key_times[pts]]
    proof = range(first, min(cut + _PROOF_FRAMES, len(index)))
    for target in dict.fromkeys(targets):
        try:
            for _ in _read(index, source, proof, target):
                pass
            return target
        except (MisreadError, av.error.FFmpegError):
            pass
    return None


def prove_start(index: "FilmIndex", source: str, start: int) -> None:
    """Raise ItemError unless a seek to ``start`` gives the first frames of the index."""
    try:
        for _ in _read(index, source, range(min(_PROOF_FRAMES, len(index))), start):
            pass
    except (MisreadError, av.error.FFmpegError) as error:
        raise ItemError(
            "Its middle cannot be found twice by a seek, so there is no preview of it.",
            "Nothing: the film itself is read from its beginning, and can be coloured.",
        ) from error


def read_safely(
    index: "FilmIndex", source: str, number: int, frames: range | None = None
) -> Iterator[tuple[int, NDArray[np.integer], av.VideoFrame]]:
    """The frames of a chunk: number in the film, luma, frame; each proven by its fingerprint.

    ``frames``, if given, are read in place of the chunk's own; they begin at most as much earlier
    as `read_from` has it.

    If the start that was proven once tells another story now (a damaged film), the rest is read
    from the beginning of the film. Raises ItemError if that, too, gives other frames.
    """
    frames = index.chunk(number) if frames is None else frames
    done = frames.start
    if frames and index.cuts.starts[number] is not None:
        try:
            for item in _read(index, source, frames, index.cuts.starts[number]):
                done = item[0] + 1
                yield item
        except (MisreadError, av.error.FFmpegError):
            pass
    try:
        yield from _read(index, source, range(done, frames.stop), None)
    except MisreadError as error:
        raise ItemError(
            f"The film gives other frames each time it is decoded ({error}).",
            "It is damaged, or changed while it was read: repair it, or run again.",
        ) from error


def _read(
    index: "FilmIndex", source: str, frames: range, start: int | None
) -> Iterator[tuple[int, NDArray[np.integer], av.VideoFrame]]:
    if not frames:
        return
    with open_film(source, index.threads) as film:
        decoded = decode(film)
        if start is None:
            for _ in range(frames.start):
                next(decoded, None)
        else:
            film.container.seek(start, stream=film.stream)
            decoded = _beginning_at(film, decoded, index, frames.start)
        for number in frames:
            frame = next(decoded, None)
            if frame is None:
                raise MisreadError(f"frame {number} did not come")
            luma = luma_of(frame, index.picture)
            if fingerprint(luma) != index.prints[number]:
                raise MisreadError(f"frame {number} is not the one of the index")
            yield number, luma, frame


def _beginning_at(
    film: Film, decoded: Iterator[av.VideoFrame], index: "FilmIndex", first: int
) -> Iterator[av.VideoFrame]:
    """Skip what comes before frame ``first`` after a seek."""
    wanted = int(index.raw_pts[first])
    patience = first - _key_before(index, first) + 2 * SHORTEST_CHUNK + 250
    for frame in decoded:
        if frame.pts == wanted:
            yield frame
            yield from decoded
            return
        patience -= 1
        if patience < 0 or (frame.pts is not None and frame.pts > wanted):
            break
    raise MisreadError(f"frame {first} was not found after the seek")
