"""The engine for graphics cards, where there is one: its colours, and the same bytes each time."""

import hashlib
import subprocess
import sys

import cv2
import numpy as np
import pytest
from skimage import data

from autochrome.color import lightness_from_luma
from autochrome.errors import ModelError
from autochrome.models import default_folders, find_model, ready_model
from autochrome.models.engines import CudaEngine, pick_device
from tests.conftest import REPOSITORY

from . import planned_compact

pytestmark = pytest.mark.skipif(pick_device("auto") != "cuda", reason="no graphics card here")

SIZES = [(256, 256), (256, 384), (480, 320)]
BOUND = 0.05


def lightness(size):
    """L* (3, h, w) of three photographs."""
    pictures = [data.astronaut(), data.coffee(), data.chelsea()]
    luma = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in pictures]
    small = [cv2.resize(one, size[::-1], interpolation=cv2.INTER_AREA) for one in luma]
    return lightness_from_luma(np.stack(small).astype(np.float32) / 255)


@pytest.fixture(scope="module")
def predictor():
    return ready_model(planned_compact(), default_folders().converted).predictor(device="cuda")


def sha256_of_all(predictor, sizes):
    """SHA-256 of the three photographs' maps at each size, by rising size."""
    found = {size: predictor.predict(lightness(size)).tobytes() for size in sizes}
    return [hashlib.sha256(found[size]).hexdigest() for size in sorted(found)]


@pytest.mark.parametrize("size", SIZES)
def test_a_card_gives_the_colours_of_a_processor(predictor, size):
    import onnxruntime

    processor = onnxruntime.InferenceSession(
        find_model("compact").path, providers=["CPUExecutionProvider"]
    )
    expected = processor.run(None, predictor.feeds(lightness(size)))[0]
    given = predictor.predict(lightness(size))
    assert np.abs(given - np.moveaxis(expected, 1, 3)).max() <= BOUND


def test_a_batch_gives_the_bytes_of_its_pictures_alone(predictor):
    many = lightness(SIZES[0])
    alone = np.concatenate([predictor.predict(picture[None]) for picture in many])
    assert np.array_equal(predictor.predict(many), alone)


def test_another_process_and_another_order_give_the_same_bytes(predictor):
    code = """
from autochrome.models import default_folders, ready_model
from tests.models import planned_compact, test_cuda
network = ready_model(planned_compact(), default_folders().converted).predictor(device="cuda")
print(test_cuda.sha256_of_all(network, test_cuda.SIZES[::-1]))
"""
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout
    assert told.splitlines()[-1] == str(sha256_of_all(predictor, SIZES))


def test_what_is_no_network_is_named(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"<html>")
    with pytest.raises(ModelError, match=r"a\.onnx cannot be loaded"):
        CudaEngine(tmp_path / "a.onnx")
