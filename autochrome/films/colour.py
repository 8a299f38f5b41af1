"""The network's part: small ab maps for every frame of a chunk, kept as 8-bit files."""

from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..models import Crop, CroppedPredictor, Predictor, ReadyModel, predict_ab
from .arrays import in_blocks, save_arrays
from .carry import Key, Piece, coloured, pieces_between
from .cleaning import CLEAN_REACH, Look, Looker, cleaned
from .cuts import read_safely
from .index import FilmIndex
from .keyframes import distinct_frames, read_from, read_until
from .motion import resized
from .overlap import ahead
from .pixels import full_range_luma

# Raised when the ab maps of the same film and model would hold anything else than before.
COLOUR_VERSION = 6

# The network's copy of a frame has the area of this square, unless the network wants a larger one:
# that of a photograph's, since networks colour smaller copies more faintly.
_SIDE = 352
# The maps of larger copies are brought to what those of this square would be, and carried so.
_CARRIED_SIDE = 256
_NO_MAP = np.zeros((1, 1, 2), np.int8)


def colour_frames(
    index: FilmIndex, source: str, number: int, predictor: Predictor
) -> Iterator[tuple[int, NDArray[np.int8]]]:
    """The ab map of each frame of a chunk: its number in the film, int8 (h, w, 2), CIE units.

    A frame whose luma is that of the frame before has its map, too; those of shots in colour have
    an empty one.
    """
    chunk = index.chunk(number)
    way = _one_by_one if index.key_frames == "every" else _carried
    last: tuple[int, NDArray[np.int8]] | None = None
    for frame, ab in way(index, source, number, predictor):
        if last is not None:
            yield from ((repeat, last[1]) for repeat in range(last[0], frame))
        last = frame, np.clip(np.rint(ab), -127, 127).astype(np.int8)
    if last is not None:
        yield from ((repeat, last[1]) for repeat in range(last[0], chunk.stop))


def _one_by_one(
    index: FilmIndex, source: str, number: int, predictor: Predictor
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """The network's map of each frame that does not repeat the one before."""
    first = index.chunk(number).start
    with closing(ahead(read_safely(index, source, number))) as frames:
        for frame, luma, _ in frames:
            if index.keeps_colour(frame, keep_tints=False):
                yield frame, _NO_MAP
            elif frame == first or index.prints[frame] != index.prints[frame - 1]:
                seen = full_range_luma(_reduced(luma), index.picture)
                yield frame, _map_of(index, seen, predictor)


def _map_of(
    index: FilmIndex, luma: NDArray[np.float32], predictor: Predictor
) -> NDArray[np.float32]:
    """The map in the film's own orientation; the network sees the picture as it is shown."""
    turns = quarter_turns(index.picture.display)
    ab = predict_ab(predictor, np.ascontiguousarray(np.rot90(luma, turns)))
    return np.ascontiguousarray(np.rot90(ab, -turns))


def _reduced(luma: NDArray[np.integer]) -> NDArray[np.integer]:
    """A large picture at half or quarter size by area means: the network's copy is small anyway."""
    factor = min(luma.shape) // 512
    if factor < 2:
        return luma
    size = (luma.shape[1] // factor, luma.shape[0] // factor)
    return cv2.resize(luma, size, interpolation=cv2.INTER_AREA)


def quarter_turns(display: tuple[int, ...]) -> int:
    """Counterclockwise quarter turns that a display matrix asks of a player."""
    if not display:
        return 0
    a, b = display[0], display[1]
    if abs(a) >= abs(b):
        return 2 if a < 0 and display[4] < 0 else 0
    return 3 if b > 0 else 1


def _carried(
    index: FilmIndex, source: str, number: int, predictor: Predictor
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Maps carried from key frames, of each frame that does not repeat the one before.

    More than the chunk is looked at: from the key frame before it to the one behind it. So the
    key frames on its borders have the same colours on both sides.
    """
    chunk = index.chunk(number)
    if not chunk:
        return
    at, end = read_from(index, chunk.start)[0], read_until(index, chunk.stop)[0]
    size = _size_wanted(index, predictor)
    with closing(ahead(_looks(index, source, number, size))) as looks:
        while at < end:
            _, stop = index.shot_of(at)
            if index.keeps_colour(at, keep_tints=False):
                yield from ((frame, _NO_MAP) for frame in range(at, stop) if frame in chunk)
            else:
                pieces = _pieces_of_shot(index, at, min(stop, end), looks, predictor)
                yield from ((frame, ab) for frame, ab in coloured(pieces) if frame in chunk)
            at = stop


def _size_wanted(index: FilmIndex, predictor: Predictor) -> tuple[int, int]:
    """The network's input size, the picture lying as in the film."""
    shape = (index.picture.height, index.picture.width)
    shrunk = min(1.0, _SIDE / (shape[0] * shape[1]) ** 0.5)
    shape = tuple(max(1, round(length * shrunk)) for length in shape)
    turned = quarter_turns(index.picture.display) % 2
    height, width = predictor.input_size(*(shape[::-1] if turned else shape))
    return (width, height) if turned else (height, width)


def _looks(index: FilmIndex, source: str, number: int, size: tuple[int, int]) -> Iterator[Look]:
    """Looks at those frames around a chunk that are to be coloured and do not repeat the last."""
    chunk = index.chunk(number)
    frames = range(read_from(index, chunk.start)[1], read_until(index, chunk.stop)[1])
    looker, last, shots = Looker(index.picture, size), None, set(index.shots.tolist())
    with closing(ahead(read_safely(index, source, number, frames))) as read:
        for frame, luma, _ in read:
            if index.keeps_colour(frame, keep_tints=False):
                continue
            if frame in shots:
                last = None
            elif last is not None and index.prints[frame] == index.prints[frame - 1]:
                continue
            last = looker.look(frame, luma, index.levels[frame], index.even_levels[frame], last)
            yield last


def _pieces_of_shot(
    index: FilmIndex, begin: int, end: int, looks: Iterator[Look], predictor: Predictor
) -> Iterator[Piece]:
    """The pieces of one shot, or of its part from ``begin`` to ``end`` - 1.

    A part ends with a key frame, or with the shot; ``looks`` are taken as far as they are needed.
    """
    _, stop = index.shot_of(begin)
    distinct = distinct_frames(index.prints, begin, stop)
    first, last = np.searchsorted(index.colour_keys, [begin, end])
    keys = [int(key) for key in index.colour_keys[first:last]]
    held: list[Look] = []

    def place(frame: int) -> int:
        return next(n for n, look in enumerate(held) if look.number == frame)

    def ask(look: Look) -> Key:
        seen = cleaned(held, place(look.number), index.picture)
        ab = _map_of(index, seen, predictor)
        shrunk = min(1.0, _CARRIED_SIDE / seen.size**0.5)
        return Key(look, resized(ab, *(max(1, round(n * shrunk)) for n in ab.shape[:2])))

    left = None
    for start, goal in pairwise(_marks(keys, distinct, begin, end == stop)):
        needed = distinct[min(np.searchsorted(distinct, goal) + CLEAN_REACH, len(distinct) - 1)]
        while not held or held[-1].number < needed:
            held.append(next(looks))
        while len(held) > CLEAN_REACH and held[CLEAN_REACH].number < start:
            del held[0]
        if left is None and start == keys[0]:
            left = ask(held[place(start)])
        right = ask(held[place(goal)]) if goal != start and goal in keys else None
        yield from pieces_between(held[place(start) : place(goal) + 1], left, right, ask)
        left = right


def _marks(keys: list[int], distinct: NDArray[np.int64], begin: int, to_end: bool) -> list[int]:
    """The frames between which the pieces lie: key frames, and a shot's ends."""
    marks = keys if keys[0] == begin else [begin, *keys]
    return [*marks, int(distinct[-1])] if to_end else marks


def make_colour(
    index_path: str,
    source: str,
    number: int,
    model: ReadyModel,
    target: str,
    threads: int,
    device: str,
    crop: Crop | None = None,
) -> None:
    """Colour one chunk and write its maps to ``target``; borders (``crop``) stay as they are."""
    index = FilmIndex.load(Path(index_path))
    predictor: Predictor = model.predictor(threads, device)
    if crop:
        predictor = CroppedPredictor(predictor, tuple(crop))
    save_arrays(Path(target), in_blocks(colour_frames(index, source, number, predictor)))


class AbMaps:
    """The ab maps of several neighbouring chunks, read block by block as they are asked for."""

    def __init__(self, paths: list[Path]):
        self._where: dict[int, tuple[Path, str]] = {}
        for path in paths:
            with np.load(path) as data:
                self._where |= {int(name): (path, name) for name in data.files}
        self._firsts = np.array(sorted(self._where), np.int64)
        self._blocks: dict[int, NDArray[np.int8]] = {}

    def __getitem__(self, frame: int) -> NDArray[np.int8]:
        """int8 (h, w, 2) of a frame of these chunks."""
        first = int(self._firsts[np.searchsorted(self._firsts, frame, side="right") - 1])
        if first not in self._blocks:
            # Frames are asked for in almost rising order: the oldest blocks are done with.
            for old in sorted(self._blocks)[:-3]:
                del self._blocks[old]
            path, name = self._where[first]
            with np.load(path) as data:
                self._blocks[first] = data[name]
        return self._blocks[first][frame - first]
