"""The converter of Caffe's files refuses what does not fit, and names it."""

import dataclasses

import numpy as np
import pytest

from autochrome.errors import ModelError
from autochrome.models.convert import convert_caffe

from .caffe_files import Layer, ab_centres, prototxt, random_weights, write_network, zhang_layers

LAYERS = zhang_layers(64)
WEIGHTS = random_weights(LAYERS)


def convert(folder, weights=WEIGHTS, layers=LAYERS):
    return convert_caffe(*write_network(folder, layers, weights))


def changed(layer, **parts):
    return [dataclasses.replace(each, **parts) if each.name == layer else each for each in LAYERS]


def with_parameter(name, **parameters):
    (layer,) = [each for each in LAYERS if each.name == name]
    return changed(name, parameters=layer.parameters | parameters)


@pytest.mark.parametrize("name", ["bw_conv1_1", "conv4_3norm", "conv8_1", "conv8_313"])
def test_a_layer_that_lacks_its_weights_is_named(tmp_path, name):
    weights = {each: blobs for each, blobs in WEIGHTS.items() if each != name}
    with pytest.raises(ModelError, match=f"'{name}' needs weights, but .*caffemodel stores none"):
        convert(tmp_path, weights)


@pytest.mark.parametrize(
    ("name", "blobs", "fault"),
    [
        ("conv4_2", [np.ones((8, 8, 3, 2)), np.ones(8)], "8×8×3×3 and 8, .* 8×8×3×2 and 8"),
        ("conv4_2", [np.ones((8, 8, 3, 3))], "8×8×3×3 and 8, .* stores 8×8×3×3"),
        ("conv8_1", [np.ones((4, 8, 4, 4)), np.ones(4)], "8×4×4×4 and 4, .* 4×8×4×4 and 4"),
        ("conv1_2norm", [np.ones(1), np.ones(1)], "1 and 1 and 1, .* stores 1 and 1"),
        ("conv8_313_rh", [np.ones(7)], "313, .* stores 7"),
    ],
)
def test_weights_of_another_shape_are_named(tmp_path, name, blobs, fault):
    with pytest.raises(ModelError, match=f"'{name}' needs weights of .*{fault}"):
        convert(tmp_path, WEIGHTS | {name: blobs})


@pytest.mark.parametrize("name", ["conv9_1", "relu3_2"])
def test_weights_that_no_layer_takes_are_named(tmp_path, name):
    with pytest.raises(ModelError, match=f"stores weights of the layer '{name}', but .*prototxt"):
        convert(tmp_path, WEIGHTS | {name: [np.ones(3)]})


def test_an_untrained_batch_norm_is_named(tmp_path):
    untrained = [np.zeros(2), np.zeros(2), np.zeros(1)]
    with pytest.raises(ModelError, match="'conv2_2norm' has gathered no statistics"):
        convert(tmp_path, WEIGHTS | {"conv2_2norm": untrained})


@pytest.mark.parametrize(
    ("layers", "fault"),
    [
        (changed("relu2_1", kind="PReLU"), "'relu2_1' is of the kind 'PReLU'"),
        (with_parameter("relu2_1", negative_slope=0.1), "'relu2_1' has 'negative_slope'"),
        (with_parameter("conv2_1", axis=1), "'conv2_1' has 'axis'"),
        (with_parameter("conv2_1", stride=0), "'conv2_1' lacks 'stride', or it is not"),
        (with_parameter("conv2_1", group=3), "'conv2_1' has 3 groups"),
        (with_parameter("conv1_2norm", use_global_stats=False), "each picture's own statistics"),
        (with_parameter("class8_ab", pad=1), "'class8_ab' is not a plain 1×1 convolution"),
        (with_parameter("data_l", shape={"dim": [1, 3, 8, 8]}), "'data_l' has 3 channels"),
        (changed("conv2_1", bottoms=["none"]), r"'conv2_1' takes \['none'\], which no layer"),
        (changed("conv2_1", bottoms=[]), "'conv2_1' takes nothing"),
        (changed("relu3_1", name="relu3_2"), "'relu3_2' has a name that is taken"),
        (changed("class8_313_rh", bottoms=["conv8_313"]), "'class8_313_rh' takes features"),
        (changed("class8_ab", bottoms=["conv8_313_rh"]), "'class8_ab' takes logits times 1 / T"),
        (LAYERS[:-2], "does not end in a softmax and a convolution to ab"),
    ],
)
def test_a_network_that_is_another_is_refused(tmp_path, layers, fault):
    with pytest.raises(ModelError, match=fault):
        convert(tmp_path, layers=layers)


def test_an_error_names_the_line_of_its_layer(tmp_path):
    layers = changed("relu1_1", kind="PReLU")
    line = prototxt(layers).split("# relu1_1")[0].count("\n") + 1
    with pytest.raises(ModelError, match=f"deploy.prototxt, line {line}: the layer 'relu1_1'"):
        convert(tmp_path, layers=layers)


def test_a_file_of_the_old_text_format_is_told_what_to_do(tmp_path):
    files = write_network(tmp_path, LAYERS, WEIGHTS)
    files[0].write_text(files[0].read_text().replace("layer {", "layers {"))
    with pytest.raises(ModelError, match="no `layer`.*upgrade_net_proto_text"):
        convert_caffe(*files)


def test_a_third_input_is_refused(tmp_path):
    other = Layer("mask", "Input", [], "mask", {"shape": {"dim": [1, 1, 8, 8]}})
    more = [LAYERS[0], other, dataclasses.replace(other, name="b", top="b"), *LAYERS[1:]]
    with pytest.raises(ModelError, match="'b' is not an input that these networks have"):
        convert(tmp_path, layers=more)


@pytest.mark.parametrize(
    ("points", "fault"),
    [
        (ab_centres()[:300], "'class8_ab' is not a plain 1×1 convolution from 300 bins"),
        (ab_centres().T, "are not numbers of the shape"),
        (np.full((313, 2), np.nan), "are not numbers of the shape"),
        (np.array([["a", "b"]]), "are not numbers of the shape"),
    ],
)
def test_points_that_do_not_fit_are_refused(tmp_path, points, fault):
    files = write_network(tmp_path, LAYERS, WEIGHTS)
    np.save(files[2], points)
    with pytest.raises(ModelError, match=fault):
        convert_caffe(*files)


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x93NUMPY\x01\x00"])
def test_points_that_are_no_array_are_named(tmp_path, content):
    files = write_network(tmp_path, LAYERS, WEIGHTS)
    files[2].write_bytes(content)
    with pytest.raises(ModelError, match="points.npy cannot be read"):
        convert_caffe(*files)
