"""The network's part: small ab maps for every frame of a chunk, kept as 8-bit files."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..models import Crop, CroppedPredictor, Predictor, ReadyModel, predict_ab
from .arrays import in_blocks, save_arrays
from .cuts import read_safely
from .index import FilmIndex
from .pixels import full_range_luma

# Raised when the ab maps of the same film and model would hold anything else than before.
COLOUR_VERSION = 1


def colour_frames(
    index: FilmIndex, source: str, number: int, predictor: Predictor
) -> Iterator[tuple[int, NDArray[np.int8]]]:
    """The ab map of each frame of a chunk: its number in the film, int8 (h, w, 2), CIE units.

    A frame whose luma is that of the frame before is not sent to the network again.
    """
    last_print, last = None, None
    for frame, luma, _ in read_safely(index, source, number):
        if last is None or index.prints[frame] != last_print:
            last = _map_of(index, luma, predictor)
            last_print = index.prints[frame]
        yield frame, last


def _map_of(index, luma, predictor) -> NDArray[np.int8]:
    """The map in the film's own orientation; the network sees the picture as it is shown."""
    turns = quarter_turns(index.picture.display)
    seen = np.ascontiguousarray(np.rot90(full_range_luma(_reduced(luma), index.picture), turns))
    ab = np.rot90(predict_ab(predictor, seen), -turns)
    return np.clip(np.rint(ab), -127, 127).astype(np.int8)


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
