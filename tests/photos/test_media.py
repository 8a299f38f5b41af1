"""Real scans and awkward files: each is done right or named, and none spoils another."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from .pictures import luma_plane

FORMATS = {".png": "png", ".tif": "tiff", ".tiff": "tiff", ".webp": "webp", ".bmp": "bmp"}
FORMATS |= {".gif": "gif", ".jp2": "jp2", ".j2k": "j2k", ".ppm": "pnm"}


@pytest.fixture
def coloured(results, media):
    """Colour all photographs of one folder of the media; the rows by their source."""

    def colour(folder: str) -> dict[str, dict]:
        paths = [path for path in (media / folder).iterdir() if path.is_file()]
        for path in paths:
            shutil.copy(path, results.archive)
        return results.colour(**{path.stem: FORMATS.get(path.suffix, "jpeg") for path in paths})

    return colour


def test_every_old_photograph_is_coloured_on_its_own_luma(coloured, results):
    rows = coloured("bw_photo")
    assert {row["status"] for row in rows.values()} == {"coloured"}
    assert all(row["luma_error"] <= 1 for row in rows.values())
    for name, row in rows.items():
        if Path(name).suffix in (".jpg", ".jpeg"):
            assert np.array_equal(luma_plane(results.archive / name), luma_plane(row["result"]))


def test_every_odd_file_is_done_or_named(coloured):
    rows = coloured("odd_photo")
    for row in rows.values():
        assert (
            row["status"] in ("coloured", "partial", "left_colour", "left_alone") or row["remedy"]
        )
        assert "process that read it" not in row["reason"]
