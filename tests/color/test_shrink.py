"""Smaller copies: area means, at any size."""

import numpy as np
import pytest

from autochrome.color import shrunk


@pytest.mark.parametrize("size", [(64, 96), (65, 96), (64, 97), (67, 101), (16, 24)])
def test_a_smaller_copy_keeps_the_mean_of_each_part(size):
    picture = np.random.default_rng(1).random(size, np.float32)
    copy = shrunk(picture, 8, 12)
    assert copy.shape == (8, 12)
    assert np.abs(copy.mean() - picture.mean()) < 1e-3


def test_it_is_the_mean_of_the_pixels_where_they_divide_evenly():
    picture = np.random.default_rng(2).random((64, 96), np.float32)
    expected = picture.reshape(8, 8, 12, 8).mean(axis=(1, 3))
    assert np.abs(shrunk(picture, 8, 12) - expected).max() < 1e-6


def test_a_picture_of_that_size_stays():
    picture = np.random.default_rng(3).random((7, 9), np.float32)
    assert np.array_equal(shrunk(picture, 7, 9), picture)
