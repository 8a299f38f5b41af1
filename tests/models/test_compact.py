"""The embedded network as the product runs it: the same colours whatever the batch and threads."""

import dataclasses
from typing import get_args

import cv2
import numpy as np
import pytest
from skimage import data

from autochrome.color import lab_from_rgb, lightness_from_luma
from autochrome.errors import ModelError
from autochrome.models import default_folders, planned_model, predict_ab, ready_model
from autochrome.models.engines import Precision
from autochrome.models.forms import BOUND
from autochrome.models.prepare import recorded
from autochrome.models.registry import find_model

from . import planned_compact

CONVERTED = default_folders().converted


@pytest.fixture(scope="module", params=get_args(Precision))
def model(request):
    return ready_model(planned_compact(request.param), CONVERTED)


@pytest.fixture(scope="module")
def predictor(model):
    return model.predictor()


def luma_of(rgb):
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255


@pytest.fixture(scope="module")
def lightness():
    pictures = [data.astronaut(), data.chelsea(), data.coffee()]
    small = [cv2.resize(luma_of(p), (256, 256), interpolation=cv2.INTER_AREA) for p in pictures]
    return lightness_from_luma(np.stack(small))


def test_a_run_with_the_embedded_network_can_begin():
    assert planned_model("compact").is_embedded


def test_the_record_is_that_of_the_embedded_files():
    record = recorded(find_model("compact"), CONVERTED)
    assert record is not None
    assert record["weights_sha256"] == find_model("compact").sha256


def test_auto_is_the_form_that_the_record_names():
    chosen = recorded(find_model("compact"), CONVERTED)["auto"]
    assert ready_model(planned_compact(), CONVERTED) == ready_model(
        planned_compact(chosen), CONVERTED
    )


def test_a_damaged_network_is_never_loaded(model, tmp_path):
    damaged = tmp_path / model.form.path.name
    damaged.write_bytes(model.form.path.read_bytes()[:-1])
    form = dataclasses.replace(model.form, path=damaged)
    with pytest.raises(ModelError, match="missing, damaged or another file"):
        dataclasses.replace(model, form=form).predictor()


def test_the_batch_does_not_change_a_pictures_colours(predictor, lightness):
    many = np.concatenate([lightness, lightness[:, ::-1], lightness[:, :, ::-1]])
    alone = np.concatenate([predictor.predict(picture[None]) for picture in many])
    assert np.array_equal(predictor.predict(many), alone)


def test_the_number_of_threads_does_not_change_the_colours(model, predictor, lightness):
    assert np.array_equal(model.predictor(2).predict(lightness), predictor.predict(lightness))


def test_every_form_gives_about_the_colours_of_fp32(predictor, lightness):
    exact = ready_model(planned_compact("fp32"), CONVERTED).predictor()
    difference = np.abs(predictor.predict(lightness) - exact.predict(lightness)).mean()
    assert difference <= BOUND


def test_a_lower_temperature_is_more_vivid(lightness):
    def chroma(temperature):
        model = ready_model(planned_compact(), CONVERTED, temperature)
        return np.hypot(*np.moveaxis(model.predictor().predict(lightness), 3, 0)).mean()

    assert chroma(0.4) > chroma(None) > chroma(2.0)


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [
        (256, 256, (256, 256)),
        (300, 300, (288, 288)),
        (480, 640, (320, 416)),
        (1000, 200, (704, 192)),
        (1, 900, (128, 512)),
    ],
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
