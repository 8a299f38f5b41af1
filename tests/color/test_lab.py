"""L*a*b*, lightness and luma against scikit-image and the standards' plain formulas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage import color as reference

from autochrome.color import (
    REC601,
    REC709,
    REC2020,
    lab_from_rgb,
    lightness_from_luma,
    lightness_table,
    luma_from_rgb,
)

from .reference import rgb_from_lab

FEW = settings(deadline=None, max_examples=50)
PICTURES = arrays(np.uint8, (3, 5, 3))


@FEW
@given(PICTURES)
def test_lab_is_that_of_scikit_image_within_a_fraction_of_what_an_eye_sees(rgb):
    assert np.abs(lab_from_rgb(rgb) - reference.rgb2lab(rgb)).max() < 0.5


@FEW
@given(PICTURES)
def test_rgb_from_lab_is_the_inverse_of_scikit_images_lab(rgb):
    lab = reference.rgb2lab(rgb).astype(np.float32)
    back = rgb_from_lab(lab[..., 0], lab[..., 1:])
    assert np.abs(back - rgb / 255).max() < 0.003


@FEW
@given(st.integers(0, 100), st.integers(-128, 127), st.integers(-128, 127))
def test_colours_outside_the_gamut_are_not_clipped(lightness, a, b):
    light = np.full((1, 1), lightness, np.float32)
    rgb = rgb_from_lab(light, np.array([[[a, b]]], np.float32))[0, 0]
    # The relative luminance of what comes out is that of L*, however far outside it lies.
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0) + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126729, 0.7151522, 0.0721750])
    f = (lightness + 16) / 116
    expected = f**3 if f > 6 / 29 else 3 * (6 / 29) ** 2 * (f - 4 / 29)
    assert luminance == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("peak", [255, 65535])
def test_lightness_of_every_grey_is_that_of_scikit_image(peak):
    greys = np.linspace(0, 1, peak + 1)
    expected = reference.rgb2lab(np.repeat(greys[None, :, None], 3, axis=2))[0, :, 0]
    assert np.abs(lightness_table(peak) - expected).max() < 0.01


@pytest.mark.parametrize("grey", np.linspace(0, 1, 41))
def test_lightness_of_a_grey_does_not_depend_on_the_others(grey):
    alone = lightness_from_luma(np.full((3, 5), grey, np.float32))
    expected = reference.rgb2lab(np.full((1, 1, 3), grey))[0, 0, 0]
    assert np.abs(alone - expected).max() < 0.01


def test_lightness_runs_from_0_to_100():
    ends = lightness_from_luma(np.array([0, 1], np.float32))
    assert ends == pytest.approx([0, 100], abs=1e-4)


def test_a_grey_without_chroma_comes_back_as_grey():
    luma = np.linspace(0, 1, 256, dtype=np.float32)[None]
    rgb = rgb_from_lab(lightness_from_luma(luma), np.zeros((1, 256, 2), np.float32))
    assert np.abs(rgb - luma[..., None]).max() < 1e-5


@FEW
@given(
    arrays(np.uint16, (4, 4, 3)),
    st.sampled_from([np.uint8, np.uint16]),
    st.sampled_from([REC601, REC709, REC2020]),
)
def test_luma_is_the_weighted_sum_rounded_to_the_nearest_code(codes, depth, weights):
    rgb = (codes >> (16 - 8 * np.dtype(depth).itemsize)).astype(depth)
    exact = sum(w * rgb[..., i].astype(np.float64) for i, w in enumerate(weights))
    assert np.abs(luma_from_rgb(rgb, weights) - exact).max() <= 0.501


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_the_luma_of_a_grey_is_that_grey(depth):
    grey = np.arange(np.iinfo(depth).max + 1, dtype=depth)[None]
    assert np.array_equal(luma_from_rgb(np.repeat(grey[..., None], 3, axis=2)), grey)


@pytest.mark.parametrize("weights", [REC601, REC709, REC2020])
def test_the_weights_of_a_luma_add_up_to_one(weights):
    assert sum(weights) == pytest.approx(1, abs=1e-12)
