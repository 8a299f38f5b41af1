"""What tells negatives from positives sees a picture and its inverse, whatever its shape."""

import numpy as np
import pytest
from skimage import data

from autochrome.models import negativity
from autochrome.models.negative import looks


@pytest.mark.parametrize("shape", [(300, 400), (1, 1), (2, 3000), (3000, 2), (256, 256)])
def test_both_looks_are_of_one_size_that_the_network_takes(shape):
    seen = looks(np.full(shape, 100, np.uint8))
    assert seen.shape[:2] == (2, 1)
    assert all(side % 32 == 0 and 160 <= side <= 384 for side in seen.shape[2:])
    assert seen.min() >= 0 and seen.max() <= 100


def test_a_picture_and_its_inverse_change_places():
    picture = data.camera()
    assert looks(picture) == pytest.approx(looks(255 - picture)[::-1], abs=0.01)


@pytest.mark.parametrize("photograph", ["camera", "astronaut", "rocket", "cat"])
def test_photographs_are_positives(photograph):
    pixels = getattr(data, photograph)()
    grey = pixels if pixels.ndim == 2 else pixels.mean(axis=2).astype(np.uint8)
    assert negativity(grey) < -2 < 2 < negativity(255 - grey)


def test_the_figure_is_the_same_each_time():
    assert negativity(data.camera()) == negativity(data.camera())
