"""Codes mean what the picture's profile says, to the network and in the result."""

import imagecodecs
import numpy as np
import pytest

from autochrome.color import lab_from_srgb, rgb_from_luma_ab
from autochrome.photos.colour_space import ab_for_codes, as_srgb, neutral_as_srgb
from autochrome.photos.icc import profile_for_colour
from tests.photos.pictures import gamma

CODES = np.linspace(0, 1, 11, dtype=np.float32)[None]
SRGB = imagecodecs.cms_profile("srgb")
ADOBE = imagecodecs.cms_profile("adobergb")


@pytest.mark.parametrize("profile", [b"", b"rubbish", SRGB])
def test_srgb_stays_as_it_is(profile):
    ab = np.full((4, 4, 2), 20, np.float32)
    assert np.array_equal(neutral_as_srgb(CODES, profile), CODES)
    assert np.array_equal(ab_for_codes(ab, CODES, profile), ab)


def test_linear_codes_are_much_lighter_than_they_count(grey_profile):
    linear = neutral_as_srgb(CODES, gamma(grey_profile, 1.0))
    assert linear[0, 5] == pytest.approx(0.735, abs=0.01)
    assert (np.diff(linear) > 0).all()


def test_a_gamma_of_1_8_is_between(grey_profile):
    assert 0.55 < neutral_as_srgb(CODES, gamma(grey_profile, 1.8))[0, 5] < 0.6


def test_a_wide_gamuts_codes_are_less_colourful_than_they_look():
    code = np.uint8([[[200, 60, 60]]])
    assert np.ptp(as_srgb(code, ADOBE)) > np.ptp(code)


@pytest.mark.parametrize("kind", ["grey 1.0", "grey 1.8", "adobe"])
def test_the_result_has_the_colours_that_were_meant(grey_profile, kind):
    profile = ADOBE if kind == "adobe" else gamma(grey_profile, float(kind[5:]))
    meant = np.full((6, 6, 2), (18, 12), np.float32)
    luma = np.full((6, 6), 0.4, np.float32)
    ab = ab_for_codes(meant, luma, profile)
    codes = np.full((6, 6), round(0.4 * 65535), np.uint16)
    result = rgb_from_luma_ab(codes, ab)
    seen = imagecodecs.cms_transform(
        result,
        profile_for_colour(profile)[0],
        SRGB,
        colorspace="rgb",
        outcolorspace="rgb",
        intent=1,
    )
    lab = lab_from_srgb(seen.astype(np.float32) / 65535)
    assert np.abs(lab[..., 1:] - meant).max() < 3
