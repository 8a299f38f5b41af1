"""The whole network of 2016 against OpenCV's own Caffe importer, layer by layer.

The weights are random, the picture is real. OpenCV's test of its importer accepts a mean absolute
difference of 4e-4 and a greatest one of 3e-3; these hold here for every layer, and where a layer's
values spread by less than 1, as those of the softmax do, they hold of the spread.
"""

import cv2
import numpy as np
import pytest
from skimage import data

from autochrome.color import lightness_from_luma
from autochrome.models.convert import PUBLISHED_TEMPERATURE, convert_caffe

from .caffe_files import ab_centres, random_weights, write_network, zhang_layers
from .onnx_runs import run

MEAN_DIFFERENCE = 4e-4
GREATEST_DIFFERENCE = 3e-3

LAYERS = [layer for layer in zhang_layers() if layer.kind not in ("Input", "Silence")]

pytestmark = pytest.mark.skipif(
    not hasattr(cv2.dnn, "readNetFromCaffe"),
    reason="this OpenCV has no Caffe importer (5.0 took it out)",
)


def opencv_blobs(prototxt, weights, lightness):
    """Every layer's blob, by OpenCV, in its exact arithmetic and with the unstored blobs set."""
    network = cv2.dnn.readNetFromCaffe(str(prototxt), str(weights))
    network.enableWinograd(False)
    centres = ab_centres().T.reshape(2, -1, 1, 1).astype(np.float32)
    network.getLayer(network.getLayerId("class8_ab")).blobs = [centres]
    factors = np.full((1, len(ab_centres())), 2.606, np.float32)
    network.getLayer(network.getLayerId("conv8_313_rh")).blobs = [factors]
    network.setInput(lightness - 50)
    # OpenCV calls the layer bw_conv1_1 by what it makes, conv1_1.
    known = set(network.getLayerNames())
    asked = [layer.name if layer.name in known else layer.top for layer in LAYERS]
    return dict(zip([layer.name for layer in LAYERS], network.forward(asked), strict=True))


@pytest.fixture(scope="module")
def differences(tmp_path_factory):
    """By layer: mean and greatest absolute difference, and OpenCV's standard deviation."""
    files = write_network(tmp_path_factory.mktemp("caffe"), zhang_layers(), random_weights(LAYERS))
    rgb = cv2.resize(data.astronaut(), (224, 224), interpolation=cv2.INTER_AREA)
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    lightness = lightness_from_luma(luma)[None, None]
    theirs = opencv_blobs(*files[:2], lightness)
    temperature = np.array([PUBLISHED_TEMPERATURE], np.float32)
    tensors = ["ab" if layer.name == "class8_ab" else layer.name for layer in LAYERS]
    inputs = {"L": lightness, "temperature": temperature}
    ours = run(convert_caffe(*files), inputs, tensors)
    files[1].unlink()
    measured = {}
    for layer, tensor in zip(LAYERS, tensors, strict=True):
        apart = np.abs(ours[tensor] - theirs[layer.name])
        measured[layer.name] = apart.mean(), apart.max(), theirs[layer.name].std()
        print("{:14} l1 {:.1e} lInf {:.1e} spread {:.3f}".format(layer.name, *measured[layer.name]))
    return measured


@pytest.mark.parametrize("layer", [layer.name for layer in LAYERS])
def test_a_layer_is_opencvs(differences, layer):
    mean, greatest, spread = differences[layer]
    assert mean <= MEAN_DIFFERENCE * min(spread, 1)
    assert greatest <= GREATEST_DIFFERENCE * min(spread, 1)


def test_the_comparison_is_of_colours_worth_comparing(differences):
    assert differences["conv8_313_rh"][2] > 1
    assert differences["class8_ab"][2] > 5
