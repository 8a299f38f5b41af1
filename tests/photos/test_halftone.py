"""A halftone's raster is found, and does not become colour."""

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from autochrome.color import lab_from_rgb
from autochrome.photos.colour import colour_photo
from autochrome.photos.halftone import raster_period, without_raster
from tests.photos.pictures import FACTS, SETTINGS, halftone


def photograph(side: int) -> np.ndarray:
    """A picture in grey without texture of its own: uint8 (side, side)."""
    grey = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, (side, side), interpolation=cv2.INTER_CUBIC)


@pytest.mark.parametrize("degrees", [0, 15, 45])
@pytest.mark.parametrize("period", [3.5, 5, 8, 12])
def test_a_raster_is_found(period, degrees):
    found = raster_period(halftone(photograph(500), period, degrees) / np.float32(255))
    assert found == pytest.approx(period, rel=0.05)


@pytest.mark.parametrize("name", ["camera", "astronaut", "coffee", "chelsea", "rocket", "brick"])
def test_a_photograph_has_no_raster(name):
    picture = getattr(data, name)()
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    luma = grey / np.float32(255)
    same, period = without_raster(luma)
    assert period is None
    assert same is luma


@pytest.mark.parametrize("shape", [(1, 1), (5, 900), (64, 64), (300, 300)])
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_a_flat_picture_has_no_raster(shape, value):
    assert raster_period(np.full(shape, value, np.float32)) is None


def test_grain_is_no_raster():
    grain = np.random.default_rng(1).normal(0.5, 0.2, (400, 400)).astype(np.float32)
    assert raster_period(grain) is None


class SeesEveryDot:
    """A network whose colours follow the lightness, so that a raster it sees becomes colour."""

    device = "cpu"

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return 384, 384

    def predict(self, lightness: np.ndarray) -> np.ndarray:
        ab = (lightness - 50) * 0.4
        return np.stack([ab, -ab], axis=-1).astype(np.float32)


def coloured(grey: np.ndarray, folder) -> tuple[np.ndarray, list[str]]:
    """The hue-bearing a − b of the result, (H, W), and the notes."""
    Image.fromarray(grey).save(folder / "scan.png")
    outcome = colour_photo(
        folder / "scan.png", folder / "part", "png", SeesEveryDot(), SETTINGS, FACTS
    )
    lab = lab_from_rgb(np.asarray(Image.open(folder / "part").convert("RGB")))
    return lab[..., 1] - lab[..., 2], outcome["checks"]["notes"]


@pytest.mark.parametrize("period", [5, 8, 12])
def test_a_raster_does_not_become_colour(period, tmp_path):
    grey = photograph(480)
    # On flat grey, where paper would be 0.9 and ink 0.1: between them the colour must be as even
    # as where there is no raster.
    grey[:] = cv2.GaussianBlur(grey, (0, 0), 20)
    plain, _ = coloured(np.rint(25.5 + 0.8 * grey).astype(np.uint8), tmp_path)
    scan = halftone(grey, period)
    printed, notes = coloured(scan, tmp_path)
    assert any("halftone" in note for note in notes)
    middle = np.abs(scan / 255.0 - 0.5) < 0.12
    even = cv2.GaussianBlur(plain, (0, 0), period)
    assert np.abs(printed - even)[middle].mean() < 4
    assert np.corrcoef(printed[middle], even[middle])[0, 1] > 0.8
