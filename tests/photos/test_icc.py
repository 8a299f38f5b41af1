"""The RGB profile that replaces a grey one is sound, and has its tone curve."""

import io

import imagecodecs
import numpy as np
from PIL import Image, ImageCms

from autochrome.photos.icc import colour_space, profile_for_colour


def test_grey_codes_mean_the_same_light_in_the_new_profile(grey_profile):
    profile, _ = profile_for_colour(grey_profile)
    grey = ImageCms.ImageCmsProfile(io.BytesIO(grey_profile))
    rgb = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    ramp = Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    srgb = ImageCms.createProfile("sRGB")
    one = ImageCms.profileToProfile(ramp, grey, srgb, outputMode="RGB")
    other = ImageCms.profileToProfile(ramp.convert("RGB"), rgb, srgb, outputMode="RGB")
    assert np.abs(np.asarray(one).astype(int) - np.asarray(other)).max() <= 1


def test_a_grey_profile_that_leads_to_lab_looks_the_same(grey_profile):
    """There the tone curve is one to L*, not to light."""
    lab = grey_profile.replace(b"GRAYXYZ ", b"GRAYLab ")
    profile, _ = profile_for_colour(lab)
    ramp = np.arange(256, dtype=np.uint8)[None]
    srgb = imagecodecs.cms_profile("srgb")
    one = imagecodecs.cms_transform(ramp, lab, srgb, colorspace="gray", outcolorspace="rgb")
    three = np.repeat(ramp[..., None], 3, axis=2)
    other = imagecodecs.cms_transform(three, profile, srgb, colorspace="rgb", outcolorspace="rgb")
    assert np.abs(one.astype(int) - other).max() <= 2


def test_an_rgb_profile_stays_as_it_is():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert profile_for_colour(srgb) == (srgb, [])


def test_a_grey_profile_without_curve_is_left_out(grey_profile):
    broken = grey_profile.replace(b"kTRC", b"xxxx")
    assert profile_for_colour(broken)[0] == b""


def test_rubbish_is_no_profile():
    assert colour_space(b"rubbish") == ""
