"""Pixels of results change only together with the stage's version.

If this fails, either the change was not meant, or `VERSION` beside the code that decides the
pixels must be raised, and golden.json written anew: ``python -m tests.photos.test_golden``.
The network's map is a fixed one, and means of tiles are compared, so that neither processors nor
the last bit of floating point matter.
"""

import io
import json
import tempfile
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from autochrome.photos import VERSION
from autochrome.photos.formats import FORMATS

from .pictures import AB, MOST, jpeg_bytes

GOLDEN = Path(__file__).with_name("golden.json")
# Those of lossy sources that become PNG are left out: another decoder gives other pixels.
NAMES = sorted(FORMATS.keys() - {"heic", "avif"})
# In codes of 8 bits.
TOLERANCE = 0.1


def ramp(dtype) -> np.ndarray:
    """A picture with all levels, computed without any library's filter: (40, 52)."""
    y, x = np.mgrid[0:40, 0:52]
    return (((x * 5 + y * 3) % 256) * (np.iinfo(dtype).max // 255)).astype(dtype)


def source(name: str) -> bytes:
    buffer = io.BytesIO()
    encoders = {
        "png": lambda: imagecodecs.png_encode(ramp(np.uint16)),
        "jp2": lambda: imagecodecs.jpeg2k_encode(ramp(np.uint16), level=0, codecformat="jp2"),
        "j2k": lambda: imagecodecs.jpeg2k_encode(ramp(np.uint8), level=0, codecformat="j2k"),
        "pnm": lambda: b"P5 52 40 255\n" + ramp(np.uint8).tobytes(),
    }
    if name in encoders:
        return encoders[name]()
    if name == "tiff":
        tifffile.imwrite(buffer, ramp(np.uint16), metadata=None)
    elif name == "jpeg":
        return jpeg_bytes(ramp(np.uint8))
    else:
        Image.fromarray(ramp(np.uint8)).save(buffer, name, lossless=True)
    return buffer.getvalue()


def tiles(name: str, folder: Path) -> list[list[float]]:
    """Means of R, G, B of 4 x 4 tiles of the coloured picture, on the scale of 8-bit codes."""
    form = FORMATS[name]
    path, part = folder / f"a{form.suffix}", folder / f"b{form.suffix}"
    path.write_bytes(source(name))
    form.write(part, form.read(path, MOST), AB, b"")
    read = {
        "png": lambda p: imagecodecs.png_decode(p.read_bytes()),
        "jp2": lambda p: imagecodecs.jpeg2k_decode(p.read_bytes()),
        "tiff": tifffile.imread,
    }
    pixels = np.asarray(read.get(name, Image.open)(part))
    means = pixels.reshape(4, 10, 4, 13, 3).mean(axis=(1, 3)).reshape(16, 3)
    return np.round(means * 255 / np.iinfo(pixels.dtype).max, 2).tolist()


@pytest.mark.parametrize("name", NAMES)
def test_pixels_change_only_with_the_version(tmp_path, name):
    golden = json.loads(GOLDEN.read_text())
    assert golden["version"] == VERSION
    assert tiles(name, tmp_path) == [pytest.approx(row, abs=TOLERANCE) for row in golden[name]]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        found = {name: tiles(name, Path(made)) for name in NAMES}
    GOLDEN.write_text(json.dumps({"version": VERSION, **found}) + "\n")
