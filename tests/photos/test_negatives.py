"""A negative is told and left alone; one that a person names as one is inverted and coloured."""

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image
from skimage import data

from autochrome.models import NEGATIVE_FROM
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


# A line, a sheet, a sky that is bright below, rings.
NOTHING_TO_KNOW = [
    grey()[:10],
    np.full((300, 400), 255, np.uint8),
    np.tile(np.linspace(0, 255, 300).astype(np.uint8)[:, None], 400),
    np.hypot(*np.mgrid[-150:150, -150:150]).astype(np.uint8),
]


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


@pytest.mark.parametrize(
    ("pixels", "tone", "status"),
    [
        (data.camera(), "auto", "coloured"),
        (255 - data.camera(), "auto", "left_alone"),
        (255 - data.camera(), "grey", "coloured"),
        (255 - data.camera(), "negative", "coloured"),
    ],
)
def test_a_negative_is_named_and_not_coloured_unless_a_setting_wants_it(
    tmp_path, compact, pixels, tone, status
):
    save(tmp_path / "a.png", pixels)
    part = tmp_path / "part.png"
    outcome = colour_photo(
        tmp_path / "a.png", part, "png", compact, SETTINGS | {"tone": tone}, FACTS
    )
    assert outcome["status"] == status
    assert part.exists() == (status == "coloured")
    assert ("treat_as negative" in outcome["reason"]) == (status == "left_alone")
    assert ("negative" in outcome["checks"]) == (tone == "auto")
    if tone == "auto":
        assert (outcome["checks"]["negative"] >= NEGATIVE_FROM) == (status == "left_alone")


def test_a_negative_that_is_stored_on_its_side_is_told_as_a_person_sees_it(tmp_path, compact):
    figures = []
    for name, turns, orientation in (("upright", 0, 1), ("turned", 1, 6)):
        pixels = np.rot90(255 - data.camera(), turns)
        tags = [(274, "H", 1, orientation, True)]
        save(tmp_path / f"{name}.tif", np.ascontiguousarray(pixels), extratags=tags)
        outcome = colour_photo(
            tmp_path / f"{name}.tif", tmp_path / "part.tif", "tiff", compact, SETTINGS, FACTS
        )
        figures.append(outcome["checks"]["negative"])
    assert figures[0] == pytest.approx(figures[1], abs=0.2)


@pytest.mark.parametrize("pixels", NOTHING_TO_KNOW)
def test_where_there_is_nothing_to_know_nothing_is_told(tmp_path, compact, pixels):
    save(tmp_path / "a.png", pixels)
    outcome = colour_photo(
        tmp_path / "a.png", tmp_path / "part.png", "png", compact, SETTINGS, FACTS
    )
    assert outcome["status"] == "coloured" and "negative" not in outcome["checks"]


def test_in_a_batch_one_process_tells_negatives_for_all(results):
    for name, pixels in (("a", data.camera()), ("b", 255 - data.camera())):
        save(results.archive / f"{name}.jpg", pixels, quality=95)
    results.threads = 2
    rows = results.colour()
    assert [rows[f"{name}.jpg"]["status"] for name in "ab"] == ["coloured", "left_alone"]
    assert rows["b.jpg"]["checks"]["scan"] == "negative"


def test_without_jpeglib_a_negatives_luma_is_encoded_again(tmp_path, compact, monkeypatch):
    monkeypatch.setattr("autochrome.photos.jpeg.transplant", None)
    save(tmp_path / "a.jpg", 255 - grey(), quality=95)
    settings = SETTINGS | {"tone": "negative"}
    outcome = colour_photo(
        tmp_path / "a.jpg", tmp_path / "part.jpg", "jpeg", compact, settings, FACTS
    )
    assert outcome["checks"]["luma"] == "encoded again with the source's table"
    assert outcome["luma_error"] <= 3
