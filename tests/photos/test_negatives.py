"""A negative that a person names as one is inverted, exactly, and coloured."""

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from autochrome.photos import colour_photo
from autochrome.photos.formats import FORMATS

from .pictures import FACTS, MOST, SETTINGS, grey, grey16, sepia


def save(path, pixels, **options) -> None:
    if path.suffix == ".tif":
        tifffile.imwrite(path, pixels, photometric="minisblack", **options)
    elif path.suffix == ".png":
        path.write_bytes(imagecodecs.png_encode(pixels))
    else:
        Image.fromarray(pixels).save(path, **options)


NEGATIVES = {
    "grey JPEG": ("jpeg", ".jpg", 255 - grey(), {"quality": 95}),
    "tinted JPEG": ("jpeg", ".jpg", 255 - sepia(), {"quality": 95, "subsampling": 0}),
    "PNG of 16 bits": ("png", ".png", 65535 - grey16(), {}),
    "tinted PNG": ("png", ".png", 255 - sepia(), {}),
    "TIFF": ("tiff", ".tif", 255 - grey(), {"rowsperstrip": 7}),
    "floating-point TIFF": ("tiff", ".tif", (1 - grey() / 255).astype(np.float32), {}),
    "BMP": ("bmp", ".bmp", 255 - grey(), {}),
    "WebP": ("webp", ".webp", 255 - grey(), {"lossless": True}),
}


@pytest.mark.parametrize("name", NEGATIVES)
def test_the_luma_is_the_inverse_of_the_sources(tmp_path, compact, name):
    form, suffix, pixels, options = NEGATIVES[name]
    source, part = tmp_path / f"a{suffix}", tmp_path / f"part{suffix}"
    save(source, pixels, **options)
    settings = SETTINGS | {"tone": "negative"}
    outcome = colour_photo(source, part, form, compact, settings, FACTS)
    assert outcome["status"] == "coloured"
    assert outcome["luma_error"] <= 1
    assert any("inverted" in note for note in outcome["checks"]["notes"])
    before, after = (FORMATS[form].read(path, MOST).luma for path in (source, part))
    most = np.iinfo(before.dtype).max
    assert np.abs(most - before.astype(int) - after).max() <= 1


def test_the_network_sees_the_positive(tmp_path, compact):
    maps = []
    for name, pixels, tone in (("a", grey(), "auto"), ("b", 255 - grey(), "negative")):
        save(tmp_path / f"{name}.png", pixels)
        colour_photo(
            tmp_path / f"{name}.png",
            tmp_path / f"{name}-result.png",
            "png",
            compact,
            SETTINGS | {"tone": tone},
            FACTS,
        )
        maps.append(imagecodecs.png_decode((tmp_path / f"{name}-result.png").read_bytes()))
    assert np.array_equal(*maps)


def test_without_jpeglib_a_negatives_luma_is_encoded_again(tmp_path, compact, monkeypatch):
    monkeypatch.setattr("autochrome.photos.jpeg.transplant", None)
    save(tmp_path / "a.jpg", 255 - grey(), quality=95)
    settings = SETTINGS | {"tone": "negative"}
    outcome = colour_photo(
        tmp_path / "a.jpg", tmp_path / "part.jpg", "jpeg", compact, settings, FACTS
    )
    assert outcome["checks"]["luma"] == "encoded again with the source's table"
    assert outcome["luma_error"] <= 3
