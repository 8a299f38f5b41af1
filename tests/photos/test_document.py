"""Documents are told from photographs, and left alone unless a setting says otherwise."""

import cv2
import numpy as np
import pytest
from skimage import data

from autochrome.photos import colour_photo
from autochrome.photos.document import page_of
from autochrome.photos.picture import overview

from .pictures import FACTS, SETTINGS, grey


def page(lines: int = 40, paper: int = 235) -> np.ndarray:
    """A page of writing: uint8 (700, 500)."""
    sheet = np.full((700, 500), paper, np.uint8)
    for number in range(lines):
        where = 40, 50 + 16 * number
        cv2.putText(sheet, "the quick brown fox " * 2, where, cv2.FONT_HERSHEY_PLAIN, 1, 40)
    return sheet


def measured(pixels: np.ndarray):
    return page_of(overview(pixels.astype(np.float32) / 255))


@pytest.mark.parametrize("paper", [150, 190, 255])
def test_writing_on_paper_of_any_light_tone_is_a_document(paper):
    assert measured(page(paper=paper)).is_document


def test_unevenly_lit_paper_is_not_risked():
    light = np.linspace(0.4, 1, 500)
    assert not measured(page() * light).is_document


@pytest.mark.parametrize(
    "pixels",
    [
        grey(640, 480),
        data.camera(),
        data.coins(),
        data.moon(),
        np.full((300, 400), 250, np.uint8),
        np.zeros((300, 400), np.uint8),
        np.full((1, 1), 200, np.uint8),
        np.full((1, 3000), 200, np.uint8),
    ],
    ids=["astronaut", "camera", "coins", "moon", "white", "black", "pixel", "line"],
)
def test_photographs_and_blank_sheets_are_no_documents(pixels):
    assert not measured(pixels).is_document


def test_a_photograph_beside_writing_is_no_document():
    sheet = page()
    sheet[300:560, 60:440] = cv2.resize(data.camera(), (380, 260))
    assert not measured(sheet).is_document


@pytest.mark.parametrize(("tone", "status"), [("auto", "left_alone"), ("grey", "coloured")])
def test_the_setting_overrules_what_was_measured(tmp_path, compact, tone, status):
    cv2.imwrite(str(tmp_path / "a.png"), page())
    outcome = colour_photo(
        tmp_path / "a.png",
        tmp_path / "part.png",
        "png",
        compact,
        SETTINGS | {"tone": tone},
        FACTS,
    )
    assert outcome["status"] == status
    assert outcome["checks"]["scan"] == "document"
    assert outcome["checks"]["paper"] > 0.95
    assert (tmp_path / "part.png").exists() == (status == "coloured")
    assert ("treat_as" in outcome["reason"]) == (status == "left_alone")
