"""Any network's input is given and its output read as the registry declares it."""

import numpy as np
import onnx
import pytest
from skimage.color import rgb2lab

from autochrome.errors import ModelError
from autochrome.models.convert.graph import Graph
from autochrome.models.interface import InputForm, OutputForm
from autochrome.models.predictors import NetworkPredictor

LIGHTNESS = InputForm(None, "L", 64, 8, (0, 100), (0.0,), (1.0,))
AB = OutputForm(None, "ab", 1, 1)
PICTURES = np.random.default_rng(0).uniform(0, 100, (2, 16, 24)).astype(np.float32)


def network(path, channels, build):
    """An ONNX file whose output is what ``build`` makes of its input ``x``."""
    graph = Graph("made")
    x = graph.input("x", ("n", channels, "h", "w"))
    output = build(graph, x)
    onnx.save(graph.model({output: ("n", "c", "h", "w")}), path)
    return path


def both_channels(graph, x):
    """ab of two equal planes: the first channel of the input."""
    first = graph.node(
        "Slice",
        [
            x,
            *(
                graph.constant(n, np.array([v], np.int64))
                for n, v in zip("ijk", (0, 1, 1), strict=True)
            ),
        ],
        "first",
    )
    return graph.node("Concat", [first, first], "ab", axis=1)


def test_lightness_reaches_the_network_as_it_is(tmp_path):
    path = network(tmp_path / "a.onnx", 1, both_channels)
    ab = NetworkPredictor(path, "fp32", LIGHTNESS, AB).predict(PICTURES)
    assert ab.shape == (2, 16, 24, 2)
    assert np.array_equal(ab[..., 0], PICTURES)


def test_range_mean_and_std_are_applied(tmp_path):
    path = network(tmp_path / "a.onnx", 1, both_channels)
    form = InputForm(None, "L", 64, 8, (0, 1), (0.5,), (0.25,))
    ab = NetworkPredictor(path, "fp32", form, AB).predict(PICTURES)
    assert ab[..., 1] == pytest.approx((PICTURES / 100 - 0.5) / 0.25, abs=1e-5)


def test_grey_rgb_is_the_srgb_grey(tmp_path):
    path = network(tmp_path / "a.onnx", 3, both_channels)
    form = InputForm(None, "grey_rgb", 64, 8, (0, 255), (0.0,) * 3, (1.0,) * 3)
    predictor = NetworkPredictor(path, "fp32", form, AB)
    # L* 53.585 is the sRGB code 128.
    ab = predictor.predict(np.full((1, 8, 8), 53.585, np.float32))
    assert ab[..., 0] == pytest.approx(128, abs=0.01)


def test_the_output_is_scaled(tmp_path):
    path = network(tmp_path / "a.onnx", 1, both_channels)
    ab = NetworkPredictor(path, "fp32", LIGHTNESS, OutputForm(None, "ab", 110, 1)).predict(PICTURES)
    assert ab[..., 0] == pytest.approx(PICTURES * 110)


def test_of_an_rgb_output_only_the_colour_is_taken(tmp_path):
    def red(graph, x):
        tint = np.array([0.9, 0.1, 0.1], np.float32).reshape(1, 3, 1, 1)
        dark = graph.node("Mul", [x, graph.constant("zero", np.float32(0))], "dark")
        return graph.node("Add", [dark, graph.constant("tint", tint)], "rgb")

    path = network(tmp_path / "a.onnx", 3, red)
    form = InputForm(None, "grey_rgb", 64, 8, (0, 1), (0.0,) * 3, (1.0,) * 3)
    ab = NetworkPredictor(path, "fp32", form, OutputForm(None, "rgb", 1, 1)).predict(PICTURES)
    assert ab.shape == (2, 16, 24, 2)
    assert ab[0, 0, 0] == pytest.approx(rgb2lab([0.9, 0.1, 0.1])[1:], abs=0.2)


def test_hints_are_zero_and_the_temperature_is_given(tmp_path):
    graph = Graph("hinted")
    names = [graph.input("L", ("n", 1, "h", "w")), graph.input("hints", ("n", 2, "h", "w"))]
    temperature = graph.input("temperature", (1,))
    warm = graph.node("Add", [names[1], temperature], "warm")
    ab = graph.node("Sub", [warm, graph.node("Mul", [names[0], names[1]], "none")], "ab")
    onnx.save(graph.model({ab: ("n", 2, "h", "w")}), tmp_path / "a.onnx")
    form = InputForm("L", "L", 64, 8, (0, 100), (0.0,), (1.0,))
    predicted = NetworkPredictor(tmp_path / "a.onnx", "fp32", form, AB, 0.38).predict(PICTURES)
    assert predicted == pytest.approx(0.38)


def test_a_network_of_one_size_gets_it(tmp_path):
    path = network(tmp_path / "a.onnx", 1, both_channels)
    form = InputForm(None, "L", 64, None, (0, 100), (0.0,), (1.0,))
    assert NetworkPredictor(path, "fp32", form, AB).input_size(900, 40) == (64, 64)


def test_an_input_that_is_not_there_is_named_with_those_that_are(tmp_path):
    path = network(tmp_path / "a.onnx", 1, both_channels)
    form = InputForm("data_l", "L", 64, 8, (0, 100), (0.0,), (1.0,))
    with pytest.raises(ModelError, match="has no input data_l. It has: x"):
        NetworkPredictor(path, "fp32", form, AB)
