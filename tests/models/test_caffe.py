"""The converter of Caffe's files: each kind of layer, temperature, sizes, and strictness."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autochrome.errors import ModelError
from autochrome.models.convert import PUBLISHED_TEMPERATURE, convert_caffe

from .caffe_files import (
    Layer,
    ab_centres,
    caffemodel,
    ending,
    ending_v1,
    input_shape,
    random_weights,
    write_network,
    zhang_layers,
)
from .onnx_runs import run

BINS = 7
INPUT = Layer("data_l", "Input", [], "data_l", input_shape(1, 1, 16, 16))
FIRST = Layer(
    "first", "Convolution", ["data_l"], "first", {"num_output": 4, "kernel_size": 3, "pad": 1}
)
HEAD = 'input: "data_l" input_dim: 1 input_dim: 1 input_dim: 16 input_dim: 16\n'
TRECIP = 'input: "Trecip" input_dim: 1 input_dim: 7 input_dim: 16 input_dim: 16\n'


def under_test(kind, top="tested", **parameters):
    return Layer("tested", kind, ["first"], top, parameters)


def small(*layers, end=ending):
    return [INPUT, FIRST, *layers, *end(layers[-1].top if layers else "first", BINS)]


def convert(folder, layers, weights=None):
    weights = random_weights(layers) if weights is None else weights
    return convert_caffe(*write_network(folder, layers, weights, BINS))


def lightness(height=16, width=16, count=1):
    return np.random.default_rng(1).uniform(0, 100, (count, 1, height, width)).astype(np.float32)


def look(model, *tensors, temperature=PUBLISHED_TEMPERATURE, seen=None):
    inputs = {"L": lightness() if seen is None else seen}
    inputs["temperature"] = np.array([temperature], np.float32)
    return list(run(model, inputs, tensors).values())


def convolved(x, kernel, bias, stride=1, pad=0, dilation=1):
    """The definition: a sum over taps. ``x`` (c, h, w), ``kernel`` (o, c, kh, kw)."""
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    height, width = (
        (side - dilation * (taps - 1) - 1) // stride + 1
        for side, taps in zip(x.shape[1:], kernel.shape[2:], strict=True)
    )
    total = np.zeros((len(kernel), height, width)) + bias[:, None, None]
    for i, j in np.ndindex(kernel.shape[2:]):
        down, right = dilation * i, dilation * j
        part = x[:, down:, right:][:, : stride * height : stride, : stride * width : stride]
        total += np.einsum("oc,chw->ohw", kernel[:, :, i, j], part[:, :height, :width])
    return total


def spread(x, kernel, bias, stride, pad):
    """The transposed convolution: each pixel gives its taps. ``kernel`` (c, o, k, k)."""
    size, (_, height, width) = kernel.shape[2], x.shape
    sides = (stride * (side - 1) + size for side in (height, width))
    total = np.zeros((kernel.shape[1], *sides))
    for i, j in np.ndindex(kernel.shape[2:]):
        part = np.einsum("co,chw->ohw", kernel[:, :, i, j], x)
        total[:, i:, j:][:, : stride * height : stride, : stride * width : stride] += part
    return total[:, pad : total.shape[1] - pad, pad : total.shape[2] - pad] + bias[:, None, None]


@pytest.mark.parametrize(
    "window", [{}, {"pad": 1}, {"stride": 2, "pad": 1}, {"pad": 2, "dilation": 2}, {"pad": 3}]
)
def test_a_convolution_is_the_sum_over_its_taps(tmp_path, window):
    layers = small(under_test("Convolution", num_output=6, kernel_size=3, **window))
    weights = random_weights(layers)
    below, found = look(convert(tmp_path, layers, weights), "first", "tested")
    assert np.allclose(found[0], convolved(below[0], *weights["tested"], **window), atol=1e-4)


def test_a_window_may_have_two_sides(tmp_path):
    layers = small(under_test("Convolution", num_output=2, kernel_size=[3, 1]))
    kernel = np.random.default_rng(2).normal(size=(2, 4, 3, 1)).astype(np.float32)
    plain = [layer for layer in layers if layer.name != "tested"]
    weights = random_weights(plain) | {"tested": [kernel, np.zeros(2, np.float32)]}
    weights["conv8_313"] = [np.ones((BINS, 2, 1, 1)), np.ones(BINS)]
    below, found = look(convert(tmp_path, layers, weights), "first", "tested")
    assert np.allclose(found[0], convolved(below[0], kernel, np.zeros(2)), atol=1e-4)


def test_groups_see_only_their_channels(tmp_path):
    layers = small(under_test("Convolution", num_output=6, kernel_size=1, group=2))
    weights = random_weights(layers)
    below, found = look(convert(tmp_path, layers, weights), "first", "tested")
    kernel, bias = weights["tested"]
    upper = convolved(below[0, :2], kernel[:3], bias[:3])
    lower = convolved(below[0, 2:], kernel[3:], bias[3:])
    assert np.allclose(found[0], np.concatenate([upper, lower]), atol=1e-4)


def test_a_deconvolution_spreads_each_pixel(tmp_path):
    layers = small(under_test("Deconvolution", num_output=3, kernel_size=4, stride=2, pad=1))
    weights = random_weights(layers)
    below, found = look(convert(tmp_path, layers, weights), "first", "tested")
    assert found.shape == (1, 3, 32, 32)
    assert np.allclose(found[0], spread(below[0], *weights["tested"], 2, 1), atol=1e-4)


def test_a_layer_may_have_no_bias(tmp_path):
    layers = small(under_test("Convolution", num_output=6, kernel_size=1, bias_term=False))
    weights = random_weights(layers)
    below, found = look(convert(tmp_path, layers, weights), "first", "tested")
    assert np.allclose(found[0], convolved(below[0], *weights["tested"], np.zeros(6)), atol=1e-4)


@pytest.mark.parametrize(("factor", "epsilon"), [(1.0, {}), (999.98, {}), (4.0, {"eps": 0.5})])
def test_batch_norm_divides_its_statistics_by_the_factor(tmp_path, factor, epsilon):
    layers = small(under_test("BatchNorm", **epsilon))
    weights = random_weights(layers)
    mean, variance = np.float32([-1, 0, 1, 2]), np.float32([0.5, 1, 2, 4])
    weights["tested"] = [mean * factor, variance * factor, np.float32([factor])]
    below, found = look(convert(tmp_path, layers, weights), "first", "tested")
    deviation = np.sqrt(variance + epsilon.get("eps", 1e-5))
    wanted = (below - mean[:, None, None]) / deviation[:, None, None]
    assert np.allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize("bias", [True, False])
def test_a_learned_scale_is_its_own_for_each_channel(tmp_path, bias):
    layers = small(under_test("Scale", bias_term=bias))
    weights = random_weights(layers)
    factors, shift = np.float32([1, 2, 3, 4]), np.float32([4, 3, 2, 1])
    weights["tested"] = [factors, shift] if bias else [factors]
    below, found = look(convert(tmp_path, layers, weights), "first", "tested")
    wanted = below * factors[:, None, None] + bias * shift[:, None, None]
    assert np.allclose(found, wanted, atol=1e-4)


def test_ab_is_the_mean_of_the_points_under_the_softmax(tmp_path):
    model = convert(tmp_path, small())
    logits, ab = look(model, "conv8_313", "ab")
    weights = np.exp(2.606 * logits.astype(np.float64))
    wanted = np.einsum("nbhw,bc->nchw", weights / weights.sum(1, keepdims=True), ab_centres(BINS))
    assert np.allclose(ab, wanted, atol=1e-3)


def test_a_higher_temperature_makes_a_softer_distribution(tmp_path):
    model = convert(tmp_path, small())
    surest = [
        look(model, "class8_313_rh", temperature=t)[0].max(1).mean() for t in (0.05, 0.4, 1.0, 20.0)
    ]
    assert surest == sorted(surest, reverse=True)
    assert surest[0] > 0.9 and surest[-1] < 1.3 / BINS


def test_lightness_enters_unchanged_but_for_its_mean(tmp_path):
    (found,) = look(convert(tmp_path, small()), "data_l")
    assert np.array_equal(found, lightness() - 50)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (32, 72), (40, 24)])
def test_sides_are_any_multiples_of_eight(tmp_path, height, width):
    layers = zhang_layers(64)
    model = convert_caffe(*write_network(tmp_path, layers, random_weights(layers)))
    seen = lightness(height, width, count=2)
    (both,) = look(model, "ab", seen=seen)
    assert both.shape == (2, 2, height // 4, width // 4)
    assert np.allclose(both[1:], look(model, "ab", seen=seen[1:])[0], atol=1e-3)


def test_v1_is_read_with_its_inputs_at_the_head(tmp_path):
    weights = random_weights(small())
    v2 = convert(tmp_path, small(), weights)
    files = write_network(tmp_path, small(end=ending_v1)[1:], weights, BINS, head=HEAD + TRECIP)
    files[1].write_bytes(caffemodel(weights, v1=True, legacy=True))
    assert np.array_equal(*look(v2, "ab"), *look(convert_caffe(*files), "ab"))


def test_stored_fillers_change_nothing(tmp_path):
    weights = random_weights(small())
    alone = convert(tmp_path, small(), weights)
    decoder = [np.zeros((2, BINS, 1, 1)), np.zeros(2)]
    fillers = {"conv8_313_rh": [np.full(BINS, 2.606)], "class8_ab": decoder}
    stored = convert(tmp_path, small(), weights | fillers)
    assert np.array_equal(*look(alone, "ab"), *look(stored, "ab"))


@given(st.data())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_truncated_caffemodel_is_an_error_or_changes_nothing(tmp_path, draw):
    layers = small(under_test("BatchNorm"))
    files = write_network(tmp_path, layers, random_weights(layers), BINS)
    whole = convert_caffe(*files).SerializeToString()
    content = files[1].read_bytes()
    files[1].write_bytes(content[: draw.draw(st.integers(0, len(content) - 1))])
    try:
        assert convert_caffe(*files).SerializeToString() == whole
    except ModelError as error:
        assert str(files[1]) in error.fault
