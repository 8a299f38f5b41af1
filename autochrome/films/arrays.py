"""Work files of films: named arrays in one compressed npz, the same bytes for the same arrays."""

import os
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..archive import temporary_beside

# Frames in one array: what is in memory at a time.
BLOCK = 128

_NO_DATE = (1980, 1, 1, 0, 0, 0)


def save_arrays(path: Path, arrays: Iterable[tuple[str, NDArray]]) -> None:
    """Write the arrays one by one as they come, so that they need not fit into memory at once.

    At any moment ``path`` is absent or complete; `numpy.load` reads it.
    """
    part = temporary_beside(path)
    try:
        with zipfile.ZipFile(part, "w") as archive:
            for name, array in arrays:
                entry = zipfile.ZipInfo(f"{name}.npy", _NO_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry._compresslevel = 4
                with archive.open(entry, "w", force_zip64=True) as file:
                    np.lib.format.write_array(file, np.ascontiguousarray(array))
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def in_blocks(frames: Iterable[tuple[int, NDArray]]) -> Iterator[tuple[str, NDArray]]:
    """Numbered small arrays, stacked: at most BLOCK of one shape in one, named by its first."""
    first, block = 0, []
    for number, array in frames:
        if block and array.shape != block[0].shape:
            yield f"{first}", np.stack(block)
            block = []
        if not block:
            first = number
        block.append(array)
        if len(block) == BLOCK:
            yield f"{first}", np.stack(block)
            block = []
    if block:
        yield f"{first}", np.stack(block)


def from_blocks(path: Path) -> Iterator[NDArray]:
    """The arrays that `in_blocks` stacked, in order, one block in memory at a time."""
    with np.load(path) as data:
        for name in sorted(data.files, key=int):
            yield from data[name]
