"""The ab map raised to a picture's size: bicubic, and the same however it is cut into strips."""

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from autochrome.color import raise_ab

FEW = settings(deadline=None, max_examples=60)
SIDES = st.integers(4, 24)


def ab_map(height: int, width: int) -> np.ndarray:
    random = np.random.default_rng(height * 100 + width)
    return random.uniform(-110, 110, (height, width, 2)).astype(np.float32)


@FEW
@given(SIDES, SIDES, st.integers(1, 9), st.integers(1, 9), st.integers(0, 7))
def test_it_equals_opencvs_bicubic(height, width, vertical, horizontal, more):
    ab = ab_map(height, width)
    size = (width * horizontal + more, height * vertical + more)
    expected = cv2.resize(ab, size, interpolation=cv2.INTER_CUBIC)
    assert np.abs(raise_ab(ab, size[1], size[0]) - expected).max() < 1e-3


@FEW
@given(SIDES, SIDES, st.integers(1, 120), st.integers(1, 120), st.integers(1, 50))
def test_strips_together_are_the_whole(height, width, tall, wide, strip):
    ab = ab_map(height, width)
    whole = raise_ab(ab, tall, wide)
    strips = [raise_ab(ab, tall, wide, i, min(strip, tall - i)) for i in range(0, tall, strip)]
    assert np.array_equal(np.concatenate(strips), whole)


@FEW
@given(SIDES, SIDES, st.floats(-110, 110, width=32), st.integers(1, 99), st.integers(1, 99))
def test_one_colour_stays_that_colour(height, width, value, tall, wide):
    raised = raise_ab(np.full((height, width, 2), value, np.float32), tall, wide)
    assert raised.shape == (tall, wide, 2)
    assert np.abs(raised - value).max() < 1e-3


def test_a_map_of_the_pictures_own_size_is_left_as_it_is():
    ab = ab_map(12, 17)
    assert np.abs(raise_ab(ab, 12, 17) - ab).max() < 1e-4


def test_a_picture_smaller_than_the_map_gets_the_mean_of_what_it_covers():
    ab = ab_map(12, 16)
    means = ab.reshape(6, 2, 8, 2, 2).mean(axis=(1, 3))
    assert np.abs(raise_ab(ab, 6, 8) - means).max() < 1e-3
