"""The networks of Zhang et al. from PyTorch's weights: the same ab, or an error with a name.

``weights/*.npy`` is what PyTorch 2.13 gives for the seeded weights and inputs; the networks are
those of ``test_torch_networks.py``, where PyTorch itself is asked:

    np.save("eccv16.npy", of_torch(seeded(Eccv16(), "eccv16"), lightness, np.float32([0.38])))
    np.save("siggraph17.npy", of_torch(seeded(Siggraph17(), "siggraph17"), lightness, hints, mask))
"""

from pathlib import Path

import numpy as np
import openvino
import pytest

from autochrome.errors import ModelError
from autochrome.models.convert.zhang_torch import convert_eccv16, convert_siggraph17

from .seeded import FIXTURES, seeded_inputs, seeded_weights

# What OpenCV's own test of its Caffe importer accepts (l1 and lInf).
MEAN_ERROR, MAX_ERROR = 4e-4, 3e-3


def of_openvino(model, **values):
    """ab of an ONNX model, in memory or in a file, at full precision."""
    core = openvino.Core()
    compiled = core.compile_model(
        core.read_model(model if isinstance(model, Path) else model.SerializeToString()),
        "CPU",
        {"INFERENCE_PRECISION_HINT": "f32"},
    )
    return compiled(values)[0]


def assert_near(found, wanted):
    error = np.abs(found - wanted)
    print(f"mean {error.mean():.2e}, max {error.max():.2e}, deviation of ab {wanted.std():.1f}")
    assert error.mean() <= MEAN_ERROR
    assert error.max() <= MAX_ERROR


@pytest.fixture(scope="module")
def eccv16():
    return seeded_weights("eccv16")


def test_eccv16_gives_the_ab_that_pytorch_gave(eccv16):
    lightness, _, _ = seeded_inputs(16, 24)
    temperature = np.array([0.38], np.float32)
    found = of_openvino(convert_eccv16(eccv16), L=lightness, temperature=temperature)
    assert found.shape == (2, 2, 4, 6)
    assert_near(found, np.load(FIXTURES / "eccv16.npy"))


def test_siggraph17_gives_the_ab_that_pytorch_gave():
    lightness, hints, mask = seeded_inputs(16, 24)
    model = convert_siggraph17(seeded_weights("siggraph17"))
    found = of_openvino(model, L=lightness, hints=hints, mask=mask)
    assert found.shape == (2, 2, 16, 24)
    assert_near(found, np.load(FIXTURES / "siggraph17.npy"))


def test_a_missing_tensor_is_named(eccv16):
    without = {key: tensor for key, tensor in eccv16.items() if key != "model4.2.bias"}
    with pytest.raises(ModelError, match=r"weights of eccv16: model4.2.bias is missing"):
        convert_eccv16(without)


def test_the_weights_of_the_other_network_are_refused(eccv16):
    with pytest.raises(ModelError, match=r"weights of siggraph17: model1.0.weight is"):
        convert_siggraph17(eccv16)


def test_a_tensor_of_another_shape_is_named(eccv16):
    turned = eccv16 | {"model3.0.weight": eccv16["model3.0.weight"].T}
    with pytest.raises(ModelError, match=r"model3.0.weight is float32 \(3, 3, 128, 256\), not"):
        convert_eccv16(turned)


def test_a_tensor_of_whole_numbers_is_named(eccv16):
    whole = eccv16 | {"model1.0.bias": np.zeros(64, np.int64)}
    with pytest.raises(ModelError, match=r"model1.0.bias is int64"):
        convert_eccv16(whole)


def test_a_tensor_that_nothing_uses_is_named(eccv16):
    with pytest.raises(ModelError, match=r"weights of eccv16: model9.0.weight should not be there"):
        convert_eccv16(eccv16 | {"model9.0.weight": np.zeros(1, np.float32)})
