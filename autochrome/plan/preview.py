"""A look at the colours before the long work: a handful of photographs, seconds of each film.

It is a run of its own over a part of the archive, with results of its own (`FOLDER` in the results
folder), so that nothing of the whole is touched.
"""

import dataclasses
from typing import Any

import numpy as np

from ..archive import Entry, Scan

FOLDER = "preview"
PHOTOS = 12


def part_of(scan: Scan, seconds: float) -> Scan:
    """Photographs spread evenly over the archive, and films that last ``seconds`` at most."""
    photos = scan.photos()
    chosen = np.linspace(0, len(photos) - 1, min(PHOTOS, len(photos))).round().astype(int)
    kept = {photos[i].path for i in chosen}
    entries = [
        _shortened(entry, seconds) if entry.kind == "film" else entry
        for entry in scan.entries
        if entry.kind != "photo" or entry.path in kept
    ]
    return Scan(entries, scan.left_alone, scan.faults)


def _shortened(entry: Entry, seconds: float) -> Entry:
    if entry.header is None:
        return entry
    length = min(entry.header["duration_seconds"] or seconds, seconds)
    header: dict[str, Any] = entry.header | {"duration_seconds": length}
    return dataclasses.replace(entry, header=header)
