"""DDColor as it is exported gives what PyTorch gives; runs where its environment is.

It takes a minute: the tiny variant, random weights, one picture.
"""

import sys

import cv2
import numpy as np
import pytest

from autochrome.errors import ModelError
from autochrome.models.convert.ddcolor import PYTHON_VARIABLE, convert_ddcolor

from .test_zhang_torch import assert_near, of_openvino

torch = pytest.importorskip("torch")
pytest.importorskip("spandrel_extra_arches")

from spandrel_extra_arches.architectures.DDColor import DDColor  # noqa: E402

from autochrome.models.convert.ddcolor_export import grey_from_lightness  # noqa: E402


@pytest.fixture(scope="module")
def network():
    """The published tiny variant's shape; random weights of spectral norm 1, as they would be."""
    torch.manual_seed(3)
    network = DDColor(
        encoder_name="convnext-t",
        input_size=(64, 64),
        num_output_channels=2,
        last_norm="Spectral",
        num_queries=100,
    ).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith(".gamma"):
                parameter.uniform_(-0.3, 0.3)
        for module in network.modules():
            if hasattr(module, "weight_orig"):
                left, _, right = torch.linalg.svd(module.weight_orig.flatten(1), False)
                module.weight_u.copy_(left[:, 0])
                module.weight_v.copy_(right[0])
        network.decoder.color_decoder.color_embed.layers[-1].weight.mul_(1000)
    return network


@pytest.fixture(autouse=True)
def this_python(monkeypatch):
    monkeypatch.setenv(PYTHON_VARIABLE, sys.executable)


def test_the_export_gives_what_pytorch_gives(network, tmp_path):
    torch.save({"params": network.state_dict()}, tmp_path / "weights.bin")
    convert_ddcolor(tmp_path / "weights.bin", tmp_path / "ddcolor.onnx")
    lightness = 100 * np.random.default_rng(1).random((1, 1, 512, 512), np.float32)
    with torch.no_grad():
        grey = grey_from_lightness(torch.from_numpy(lightness)).expand(-1, 3, -1, -1)
        wanted = network(grey).numpy()
    found = of_openvino(tmp_path / "ddcolor.onnx", L=lightness)
    assert_near(found, wanted)


def test_a_missing_tensor_is_an_error(network, tmp_path):
    state = network.state_dict()
    del state["decoder.layers.1.bn.weight"]
    torch.save(state, tmp_path / "weights.bin")
    with pytest.raises(ModelError, match=r"Missing key.*decoder.layers.1.bn.weight"):
        convert_ddcolor(tmp_path / "weights.bin", tmp_path / "ddcolor.onnx")


def test_the_weights_of_another_network_are_refused(tmp_path):
    torch.save({"weight": torch.zeros(1)}, tmp_path / "weights.bin")
    with pytest.raises(ModelError, match="these are not the weights of DDColor"):
        convert_ddcolor(tmp_path / "weights.bin", tmp_path / "ddcolor.onnx")


def test_a_grey_has_the_value_that_opencv_gives():
    lightness = np.linspace(0, 100, 1001, dtype=np.float32)
    lab = np.stack([lightness, 0 * lightness, 0 * lightness], 1)[None]
    wanted = cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0]
    found = grey_from_lightness(torch.from_numpy(lightness)).numpy()
    np.testing.assert_allclose(np.stack([found] * 3, 1), wanted, atol=1e-3)
