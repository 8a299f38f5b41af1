"""A print's border is found, kept from the network, and stays neutral."""

import numpy as np
import pytest
from skimage import data

from autochrome.photos.border import with_border, without_border

PHOTO = data.camera()[::2, ::2].astype(np.float32) / 255


def framed(value: float, edge: int) -> np.ndarray:
    return np.pad(PHOTO, edge, constant_values=value)


@pytest.mark.parametrize("value", [0.95, 0.03])
def test_a_border_is_found(value):
    rows, columns = without_border(framed(value, 20))
    assert abs(rows.start - 20) <= 3
    assert abs(columns.start - 20) <= 3
    assert abs(rows.stop - 276) <= 3
    assert abs(columns.stop - 276) <= 3


def test_grain_does_not_hide_a_border():
    rng = np.random.default_rng(1)
    noisy = np.clip(framed(0.93, 20) + rng.normal(0, 0.015, (296, 296)), 0, 1)
    assert without_border(noisy.astype(np.float32))[0].start >= 18


@pytest.mark.parametrize("luma", [PHOTO, np.ones((9, 9), np.float32), np.zeros((1, 1), np.float32)])
def test_without_a_border_all_of_it_is_the_picture(luma):
    rows, columns = without_border(luma)
    assert luma[rows, columns].shape == luma.shape


def test_a_large_sky_is_no_border():
    sky = PHOTO.copy()
    sky[:120] = 0.95
    assert without_border(sky)[0].start == 0


def test_the_border_is_neutral_in_the_map():
    luma = framed(0.95, 40)
    ab = with_border(np.full((16, 16, 2), 30, np.float32), without_border(luma), luma.shape)
    assert ab.shape[:2] == luma.shape
    assert not ab[:38].any()
    assert not ab[:, -38:].any()
    assert (ab[45:-45, 45:-45] == 30).all()
