"""What is explained of a photograph is what was done to it."""

import numpy as np
import pytest
from PIL import Image, ImageOps
from skimage import data

from autochrome.explain import figure
from autochrome.models import default_folders, find_model, ready_model
from autochrome.photos import colour_photo, explained
from tests.photos.pictures import FACTS, SETTINGS, gamma, halftone

GREY = np.asarray(Image.fromarray(data.chelsea()).convert("L"))
SCANS = {
    "bordered": np.pad(GREY, ((40, 20), (30, 30)), constant_values=245),
    "in halftone": halftone(GREY, 5),
    "linear": np.rint((GREY / 255.0) ** 2.2 * 255).astype(np.uint8),
    "turned": GREY,
    "cropped": GREY,
}


@pytest.fixture(scope="module")
def model():
    planned = find_model("compact").identity() | {"precision": "fp32"}
    return ready_model(planned, default_folders().converted)


@pytest.mark.parametrize("kind", SCANS)
def test_the_result_that_is_explained_is_the_one_delivered(kind, model, tmp_path, grey_profile):
    scan, settings = tmp_path / "scan.png", dict(SETTINGS)
    exif = Image.Exif()
    exif[0x0112] = 6 if kind == "turned" else 1
    profile = gamma(grey_profile, 1.0) if kind == "linear" else None
    Image.fromarray(SCANS[kind]).save(scan, exif=exif, icc_profile=profile)
    if kind == "cropped":
        settings["crop"] = [0.1, 0.0, 0.2, 0.05]
    colour_photo(scan, tmp_path / "part", "png", model.predictor(), settings, FACTS)
    steps = explained(scan, model, settings)
    with Image.open(tmp_path / "part") as delivered:
        np.testing.assert_array_equal(
            steps.result, np.asarray(ImageOps.exif_transpose(delivered).convert("RGB"))
        )
    assert steps.raster is (kind == "in halftone")
    assert (steps.view != (0, 0, 1, 1)) is (kind in ("bordered", "cropped"))
    figure(steps, "scan.png")


def test_the_marks_lie_inside_the_border(model, tmp_path):
    scan = tmp_path / "scan.png"
    Image.fromarray(SCANS["bordered"]).save(scan)
    left, top, right, bottom = explained(scan, model, SETTINGS).view
    height, width = SCANS["bordered"].shape
    assert [left * width, top * height] == pytest.approx([30, 40], abs=4)
    assert [right * width, bottom * height] == pytest.approx([width - 30, height - 20], abs=4)
