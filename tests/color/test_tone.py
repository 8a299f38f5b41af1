"""Grey, tinted and coloured pictures are told apart."""

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from autochrome.color import tone_of

PHOTOGRAPHS = ["astronaut", "chelsea", "coffee", "rocket"]
TINTS = {
    "sepia": ([30, 20, 10], [255, 240, 205]),
    "cyanotype": ([10, 35, 80], [240, 250, 250]),
    "faded": ([70, 55, 40], [220, 205, 165]),
}


def photograph(name: str) -> np.ndarray:
    picture = getattr(data, name)()
    return cv2.resize(picture, (300, 220), interpolation=cv2.INTER_AREA)


def tinted(name: str, tint: str) -> np.ndarray:
    low, high = np.array(TINTS[tint], float)
    grey = cv2.cvtColor(photograph(name), cv2.COLOR_RGB2GRAY)[..., None] / 255
    return np.rint(low + (high - low) * grey**1.2).astype(np.uint8)


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_colour_photograph_is_in_colour(name):
    assert tone_of(photograph(name)).kind == "colour"


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_grey_photograph_in_three_channels_is_grey(name):
    grey = cv2.cvtColor(photograph(name), cv2.COLOR_RGB2GRAY)
    assert tone_of(np.dstack([grey] * 3)).kind == "grey"


@pytest.mark.parametrize("tint", TINTS)
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_of_one_tone_is_tinted(name, tint):
    assert tone_of(tinted(name, tint)).kind == "tinted"


@pytest.mark.parametrize("tint", TINTS)
def test_a_stamp_does_not_make_a_scan_coloured(tint):
    scan = tinted("coffee", tint)
    scan[170:205, 230:290] = [170, 30, 60]
    assert tone_of(scan).kind == "tinted"


@pytest.mark.parametrize("tint", TINTS)
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_the_cloth_around_a_print_does_not_make_it_coloured(name, tint):
    scan = tinted(name, tint)
    scan[:, :14] = scan[:, -14:] = [170, 10, 30]
    scan[-10:] = [40, 120, 60]
    assert tone_of(scan).kind == "tinted"


def test_strong_jpeg_compression_does_not_make_a_scan_coloured(tmp_path):
    Image.fromarray(tinted("astronaut", "sepia")).save(tmp_path / "a.jpg", quality=30)
    assert tone_of(np.asarray(Image.open(tmp_path / "a.jpg"))).kind == "tinted"


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (40, 3)])
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (200, 180, 140)])
def test_one_colour_alone_is_a_tone(shape, colour):
    assert tone_of(np.full((*shape, 3), colour, np.uint8)).kind != "colour"


def test_light_from_the_side_does_not_make_a_scan_coloured():
    grey = cv2.cvtColor(photograph("coffee"), cv2.COLOR_RGB2GRAY)[..., None] / 255
    side = np.linspace(0, 1, grey.shape[1])[None, :, None]
    scan = grey * ((1 - side) * [255, 225, 190] + side * [225, 235, 255])
    assert tone_of(np.rint(scan).astype(np.uint8)).kind == "tinted"


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_stains_do_not_make_a_scan_coloured(name):
    scan = tinted(name, "faded").astype(np.float64)
    y, x = np.mgrid[:220, :300]
    for across, down in ((60, 50), (220, 150)):
        stain = np.exp(-(((x - across) / 60) ** 2 + ((y - down) / 45) ** 2))[..., None]
        scan *= 1 - stain * [0.1, 0.25, 0.45]
    tone = tone_of(np.rint(scan).astype(np.uint8))
    assert tone.kind == "tinted"
    assert tone.near < tone.spread
