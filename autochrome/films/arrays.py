"""Work files of films: named arrays in one compressed npz, the same bytes for the same arrays."""

import os
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..archive import temporary_beside

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
