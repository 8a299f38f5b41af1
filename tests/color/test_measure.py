"""Colorfulness against the formula as Hasler and Süsstrunk printed it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays

from autochrome.color import colorfulness

FEW = settings(deadline=None, max_examples=50)


@FEW
@given(arrays(np.uint8, (5, 7, 3)))
def test_it_is_the_papers_formula(rgb):
    red, green, blue = (rgb[..., i].astype(float) for i in range(3))
    rg, yb = red - green, (red + green) / 2 - blue
    spread = (np.var(rg) + np.var(yb)) ** 0.5
    mean = (np.mean(rg) ** 2 + np.mean(yb) ** 2) ** 0.5
    assert colorfulness(rgb) == pytest.approx(spread + 0.3 * mean, abs=1e-3)


@FEW
@given(arrays(np.uint16, (4, 4)))
def test_a_grey_picture_has_none(grey):
    assert colorfulness(np.repeat(grey[..., None], 3, axis=2)) == pytest.approx(0, abs=1e-3)


@FEW
@given(arrays(np.uint8, (5, 7, 3)))
def test_it_does_not_depend_on_the_bit_depth(rgb):
    assert colorfulness(rgb.astype(np.uint16) * 257) == pytest.approx(colorfulness(rgb), abs=1e-3)
