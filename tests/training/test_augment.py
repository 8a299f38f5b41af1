import numpy as np
import pytest

from training.augment import AGEING, old_grey, paint_border, spectral_weights

from .conftest import photograph


@pytest.fixture
def picture() -> np.ndarray:
    return np.ascontiguousarray(photograph(1)[:96, :96])


def test_a_generator_gives_the_same_wear_every_time(picture: np.ndarray):
    ab = np.zeros((24, 24, 2), np.float32)
    for seed in range(20):
        first, second = (old_grey(picture, ab, np.random.default_rng(seed))[0] for _ in range(2))
        assert np.array_equal(first, second)


@pytest.mark.parametrize("wear", [wear for wear, _ in AGEING], ids=lambda wear: wear.__name__)
def test_wear_keeps_the_size_and_leaves_the_picture_recognizable(wear, picture: np.ndarray):
    grey = picture[..., 1].astype(np.float32)
    worn = wear(grey.copy(), np.random.default_rng(5))
    assert worn.shape == grey.shape
    assert np.corrcoef(worn.ravel(), grey.ravel())[0, 1] > 0.7


def test_spectral_weights_keep_white_white():
    rng = np.random.default_rng(0)
    for _ in range(50):
        weights = spectral_weights(rng)
        assert weights.sum() == pytest.approx(1, abs=1e-5)
        assert (weights >= 0).all()


def test_a_painted_border_is_neutral_and_the_inside_keeps_its_colour():
    grey, ab = np.full((96, 96), 100, np.float32), np.full((24, 24, 2), 30, np.float32)
    paint_border(grey, ab, np.random.default_rng(2))
    painted = grey != 100
    assert painted.any()
    assert (ab[4:-4, 4:-4] == 30).all()
    assert np.array_equal(painted[::4, ::4], (ab == 0).all(-1))
