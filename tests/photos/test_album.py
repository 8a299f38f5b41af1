"""The photographs on an album page are found, and each is coloured by itself."""

import cv2
import numpy as np
import pytest
from skimage import data

from autochrome.photos import colour_photo
from autochrome.photos.album import photographs_on
from autochrome.photos.picture import Picture, overview
from autochrome.photos.steps import proxy_of, steps_of

from .pictures import FACTS, SETTINGS, grey

PRINTS = (
    cv2.resize(cv2.cvtColor(data.coffee(), cv2.COLOR_RGB2GRAY), (360, 240)),
    cv2.resize(cv2.cvtColor(data.chelsea(), cv2.COLOR_RGB2GRAY), (300, 200)),
)
PLACES = ((50, 60), (380, 120))


def page(paper: int = 40, prints=PRINTS, places=PLACES) -> np.ndarray:
    """A page with photographs at (top, left): uint8 (640, 480)."""
    sheet = np.random.default_rng(1).normal(paper, 3, (640, 480))
    for photograph, (top, left) in zip(prints, places, strict=True):
        sheet[top : top + photograph.shape[0], left : left + photograph.shape[1]] = photograph
    return np.clip(sheet, 0, 255).astype(np.uint8)


def found(pixels: np.ndarray) -> list:
    luma = pixels.astype(np.float32) / 255
    return photographs_on(overview(luma), luma.shape)


@pytest.mark.parametrize("paper", [20, 40, 230])
def test_each_is_found_where_it_lies(paper):
    areas = found(page(paper))
    assert len(areas) == 2
    for (rows, columns), (top, left), photograph in zip(
        sorted(areas, key=lambda area: area[0].start), PLACES, PRINTS, strict=True
    ):
        height, width = photograph.shape
        edges = rows.start, columns.start, rows.stop, columns.stop
        assert edges == pytest.approx((top, left, top + height, left + width), abs=8)


def test_captions_and_stains_do_not_matter():
    sheet = page()
    cv2.putText(sheet, "Turin 1911", (140, 340), cv2.FONT_HERSHEY_SIMPLEX, 1, 250, 2)
    assert len(found(sheet)) == 2


@pytest.mark.parametrize(
    "pixels",
    [
        grey(640, 480),
        data.camera(),
        data.coins(),
        page(prints=PRINTS[:1], places=PLACES[:1]),
        np.full((300, 400), 250, np.uint8),
        np.full((1, 3000), 200, np.uint8),
    ],
    ids=["astronaut", "camera", "coins", "one print", "white", "line"],
)
def test_one_photograph_is_no_page(pixels):
    assert found(pixels) == []


def test_something_else_on_the_page_leaves_it_one_photograph():
    sheet = page()
    cv2.circle(sheet, (400, 330), 60, 160, -1)
    assert found(sheet) == []


def test_the_page_is_neutral_and_each_photograph_has_its_own_colours(compact):
    picture = Picture(luma=page())
    settings = {"saturation": 1.0}
    steps = steps_of(picture, proxy_of(picture, compact), compact, settings)
    scale = steps.ab.shape[0] / 640
    between = steps.ab[round(310 * scale) : round(360 * scale)]
    assert np.abs(between).max() < 0.01
    alone = Picture(luma=PRINTS[0])
    wanted = steps_of(alone, proxy_of(alone, compact), compact, settings).ab
    rows, columns = (
        slice(round(start * scale), round((start + size) * scale))
        for start, size in zip(PLACES[0], PRINTS[0].shape, strict=True)
    )
    there = cv2.resize(steps.ab[rows, columns], wanted.shape[1::-1])
    assert np.abs(there - wanted)[20:-20, 20:-20].mean() < 3


@pytest.mark.parametrize(("crop", "count"), [(None, 2), ([0.0] * 4, None)])
def test_a_crop_of_nothing_overrules_what_was_found(tmp_path, compact, crop, count):
    cv2.imwrite(str(tmp_path / "a.png"), page())
    settings = SETTINGS | ({"crop": crop} if crop else {})
    source, part = tmp_path / "a.png", tmp_path / "part.png"
    outcome = colour_photo(source, part, "png", compact, settings, FACTS)
    assert outcome["status"] == "coloured"
    assert outcome["checks"].get("photographs") == count
