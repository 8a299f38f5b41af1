"""The right weights or an error; the same colours whatever the batch and the threads."""

import dataclasses

import cv2
import numpy as np
import pytest
from skimage import data

from autochrome.color import lab_from_rgb, lightness_from_luma
from autochrome.errors import ConfigError, ModelError
from autochrome.models import OpenVinoPredictor, find_model, predict_ab, verify_model

COMPACT = find_model("compact")


@pytest.fixture(scope="module")
def predictor():
    return OpenVinoPredictor(COMPACT)


def luma_of(rgb):
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


@pytest.fixture(scope="module")
def lightness():
    pictures = [data.astronaut(), data.chelsea(), data.coffee()]
    small = [cv2.resize(luma_of(p), (256, 256), interpolation=cv2.INTER_AREA) for p in pictures]
    return lightness_from_luma(np.stack(small))


def test_the_registrys_hash_is_that_of_the_embedded_file():
    verify_model(COMPACT)


def test_an_unknown_model_is_told_with_those_there_are():
    with pytest.raises(ConfigError, match=r"'compakt' is not known. Use one of: .*compact"):
        find_model("compakt")


def test_a_damaged_model_is_never_loaded(tmp_path):
    damaged = tmp_path / "compact.onnx"
    damaged.write_bytes(COMPACT.path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="damaged or another file"):
        OpenVinoPredictor(dataclasses.replace(COMPACT, path=damaged))


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ModelError, match="is missing"):
        verify_model(dataclasses.replace(COMPACT, path=tmp_path / "none.onnx"))


def test_the_batch_does_not_change_a_pictures_colours(predictor, lightness):
    alone = np.concatenate([predictor.predict(picture[None]) for picture in lightness])
    assert np.array_equal(predictor.predict(lightness), alone)


def test_the_number_of_threads_does_not_change_the_colours(predictor, lightness):
    assert np.array_equal(
        OpenVinoPredictor(COMPACT, 2).predict(lightness), predictor.predict(lightness)
    )


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(256, 256, (256, 256)), (480, 640, (224, 288)), (1000, 200, (512, 128)), (1, 900, (128, 512))],
)
def test_the_network_sees_a_pictures_own_shape(predictor, height, width, size):
    assert predictor.input_size(height, width) == size
    seen = predict_ab(predictor, np.full((height, width), 0.5, np.float32))
    assert seen.shape == (size[0] // 4, size[1] // 4, 2)


@pytest.mark.parametrize("picture", [data.astronaut, data.coffee, data.chelsea])
def test_colours_are_nearer_to_the_truth_than_grey(predictor, picture):
    rgb = picture()
    predicted = predict_ab(predictor, luma_of(rgb))
    height, width = predicted.shape[:2]
    truth = cv2.resize(lab_from_rgb(rgb)[..., 1:], (width, height), interpolation=cv2.INTER_AREA)
    assert (
        np.hypot(*np.moveaxis(predicted - truth, 2, 0)).mean()
        < np.hypot(*np.moveaxis(truth, 2, 0)).mean()
    )
