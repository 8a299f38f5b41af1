"""A small archive with results, as the jobs would have left them, and rows that tell of them."""

from pathlib import Path

import cv2
import pytest
from PIL import Image
from skimage import data

from autochrome.archive import failed_row, path_digest, sha256_file

NOTHING_ELSE = {"left_alone": {}, "prune": {"reason": "", "remedy": ""}}


class Shelf:
    """An archive beside its results; `photo` adds one grey original and its coloured result."""

    def __init__(self, folder: Path):
        self.archive, self.results = folder / "archive", folder / "results"
        self.rows = []

    def photo(self, name, status="coloured", rgb=None, **values):
        rgb = data.chelsea()[::4, ::4] if rgb is None else rgb
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        for path, codes in ((self.archive / name, grey), (self.results / "photos" / name, rgb)):
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(codes).save(path)
        return self.row("photo", name, f"photos/{name}", status, **values)

    def failed(self, name, reason="It is empty.", remedy="Bring a whole copy."):
        return self.row("photo", name, "", "failed", reason=reason, remedy=remedy)

    def row(self, kind, source, result, status, **values):
        row = failed_row(kind, source, 1, "", "") | {"status": status, "result": result}
        if result:
            told = {"key": path_digest(source), "colorfulness": 20.0, "luma_error": 0}
            row |= told | {"result_sha256": sha256_file(self.results / result)}
        self.rows.append(row | values)
        return self.rows[-1]


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path)
