"""Promise 1 for every luma and every colour: luma stays, hue stays, no channel is clipped."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from autochrome.color import (
    REC601,
    REC709,
    REC2020,
    chroma_from_ab,
    lightness_from_luma,
    rgb_from_luma_ab,
)

from .reference import rgb_from_lab

MANY = settings(deadline=None, max_examples=200)
SHAPE = (4, 6)
WEIGHTS = st.sampled_from([REC601, REC709, REC2020])
DEPTHS = st.sampled_from([np.uint8, np.uint16])
AB = arrays(np.float32, (*SHAPE, 2), elements=st.floats(-150, 150, width=32))
UNIT = arrays(np.float32, SHAPE, elements=st.floats(0, 1, width=32))


@st.composite
def lumas(draw):
    """Integer luma of either bit depth, black and white among it, with its value in [0, 1]."""
    depth = draw(DEPTHS)
    peak = np.iinfo(depth).max
    codes = draw(
        arrays(depth, SHAPE, elements=st.sampled_from([0, 1, peak]) | st.integers(0, peak))
    )
    return codes, (codes / peak).astype(np.float32)


def differences(chroma, weights):
    """R' - Y', G' - Y', B' - Y' by the definition of Cb and Cr: float64 (H, W, 3)."""
    kr, kg, kb = weights
    blue, red = (chroma[..., i].astype(np.float64) * 2 * (1 - k) for i, k in enumerate((kb, kr)))
    return np.stack((red, -(kr * red + kb * blue) / kg, blue), axis=2)


def unclipped_differences(luma, ab, weights):
    rgb = rgb_from_lab(lightness_from_luma(luma), ab).astype(np.float64)
    return rgb - (rgb @ np.asarray(weights))[..., None]


@MANY
@given(lumas(), AB, WEIGHTS)
def test_the_results_luma_is_the_sources_within_one_code(pair, ab, weights):
    codes, _ = pair
    rgb = rgb_from_luma_ab(codes, ab, weights)
    error = np.abs(np.rint(rgb.astype(np.float64) @ np.asarray(weights)) - codes)
    assert error.max() <= 1


@MANY
@given(*[arrays(np.uint8, SHAPE)] * 3, AB, WEIGHTS)
def test_eight_bit_codes_give_what_their_values_give(one, other, third, ab, weights):
    low, luma, high = np.sort([one, other, third], axis=0)
    values = [codes / np.float32(255) for codes in (luma, low, high)]
    expected = chroma_from_ab(values[0], ab, weights, low=values[1], high=values[2])
    got = chroma_from_ab(luma, ab, weights, low=low, high=high)
    assert np.abs(got - expected).max() < 1e-4


@MANY
@given(UNIT, AB, WEIGHTS)
def test_every_channel_is_in_the_gamut_before_it_is_rounded(luma, ab, weights):
    rgb = luma[..., None] + differences(chroma_from_ab(luma, ab, weights), weights)
    assert rgb.min() >= -1e-5
    assert rgb.max() <= 1 + 1e-5


@MANY
@given(UNIT, AB, WEIGHTS)
def test_chroma_only_shrinks_and_keeps_its_direction(luma, ab, weights):
    wanted = unclipped_differences(luma, ab, weights)
    got = differences(chroma_from_ab(luma, ab, weights), weights)
    lengths = np.linalg.norm(wanted, axis=2), np.linalg.norm(got, axis=2)
    assert (lengths[1] <= lengths[0] + 1e-5).all()
    assert (np.sum(wanted * got, axis=2) >= -1e-6).all()
    aside = np.linalg.norm(np.cross(wanted, got), axis=2)
    assert (aside <= 1e-5 * (1 + lengths[0])).all()


@MANY
@given(UNIT, AB, WEIGHTS)
def test_chroma_inside_the_gamut_is_left_as_it_is(luma, ab, weights):
    wanted = unclipped_differences(luma, ab, weights)
    got = differences(chroma_from_ab(luma, ab, weights), weights)
    whole = luma[..., None] + wanted
    inside = ((whole >= 0) & (whole <= 1)).all(axis=2)
    assert np.abs(got - wanted)[inside].max(initial=0) < 1e-4


@MANY
@given(UNIT, AB, WEIGHTS)
def test_chroma_is_reduced_no_further_than_the_gamuts_edge(luma, ab, weights):
    wanted = unclipped_differences(luma, ab, weights)
    got = luma[..., None] + differences(chroma_from_ab(luma, ab, weights), weights)
    whole = luma[..., None] + wanted
    outside = ((whole < -1e-3) | (whole > 1 + 1e-3)).any(axis=2)
    room = np.minimum(got.min(axis=2), 1 - got.max(axis=2))
    assert np.abs(room)[outside].max(initial=0) < 1e-4


@MANY
@given(lumas(), WEIGHTS)
def test_no_colour_gives_exactly_the_source(pair, weights):
    codes, _ = pair
    rgb = rgb_from_luma_ab(codes, np.zeros((*SHAPE, 2), np.float32), weights)
    assert np.array_equal(rgb, np.repeat(codes[..., None], 3, axis=2))


@MANY
@given(UNIT, UNIT, UNIT, AB, WEIGHTS)
def test_one_chroma_sample_fits_every_luma_that_it_serves(one, two, part, ab, weights):
    low, high = np.minimum(one, two), np.maximum(one, two)
    luma = low + part * (high - low)
    shift = differences(chroma_from_ab(luma, ab, weights, low, high), weights)
    for served in (low, luma, high):
        rgb = served[..., None] + shift
        assert rgb.min() >= -1e-5
        assert rgb.max() <= 1 + 1e-5


def test_how_a_picture_is_cut_into_rows_never_shows():
    random = np.random.default_rng(1)
    luma = random.random((300, 400), np.float32)
    ab = random.normal(0, 40, (300, 400, 2)).astype(np.float32)
    parts = [chroma_from_ab(luma[i : i + 7], ab[i : i + 7]) for i in range(0, 300, 7)]
    assert np.array_equal(np.concatenate(parts), chroma_from_ab(luma, ab))


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_the_result_has_the_sources_bit_depth(depth):
    codes = np.zeros((2, 2), depth)
    assert rgb_from_luma_ab(codes, np.zeros((2, 2, 2), np.float32)).dtype == depth
