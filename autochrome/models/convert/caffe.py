"""The networks of Zhang, Isola and Efros, "Colorful Image Colorization" (2016), from Caffe to ONNX.

Source: https://arxiv.org/abs/1603.08511. Layers mean what https://caffe.berkeleyvision.org says.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from ...errors import ModelError
from .caffe_graph import CaffeGraph
from .caffe_layer import Layer, StoredWeights
from .caffemodel import read_caffemodel
from .prototxt import Message, read_prototxt

# v2 multiplies its logits by 2.606 before the softmax. That is 6 / ln 10, which the authors' script
# for v1 sets as 1 / T of the paper's annealed mean (section 2.3).
PUBLISHED_TEMPERATURE = 1 / 2.606


def convert_caffe(prototxt: Path, weights: Path, points: Path) -> onnx.ModelProto:
    """One of the published networks as ONNX.

    ``prototxt`` is the network's deploy file, ``weights`` its caffemodel, ``points`` the ab
    centres of its bins (``pts_in_hull.npy``, (313, 2), CIE units), which the caffemodel does not
    hold.

    Inputs of the model: ``L`` float32 (n, 1, h, w), CIE L* in [0, 100], h and w any multiples of
    8; ``temperature`` float32 (1,), above 0: the softmax is that of the logits divided by it.
    `PUBLISHED_TEMPERATURE` gives the published colours, 1 the mean of the distribution itself,
    values near 0 its mode. Output: ``ab`` float32 (n, 2, h/4, w/4), CIE units.

    The tensors between carry the names of the Caffe layers that made them.

    Raises ModelError if a file cannot be read, if a layer is of a kind that these networks do not
    have, and if layers and weights do not fit each other exactly.
    """
    network = read_prototxt(prototxt)
    stored = StoredWeights(weights, read_caffemodel(weights))
    graph = CaffeGraph(stored, _read_points(points))
    for layer in _layers(network):
        graph.add(layer)
    stored.refuse_leftovers(prototxt)
    return graph.model(prototxt)


def _layers(network: Message) -> Iterator[Layer]:
    yield from _inputs(network)
    messages = network.all("layer", Message)
    if not messages:
        raise ModelError(
            f"{network.where}: the network has no `layer`.",
            "If it has `layers`, bring it to Caffe's present form with upgrade_net_proto_text.",
        )
    yield from map(Layer.read, messages)


def _inputs(network: Message) -> Iterator[Layer]:
    """The inputs at the head of a file, the form before Caffe had the Input layer."""
    names = network.all("input", str)
    shapes = network.all("input_shape", Message)
    flat = network.all("input_dim", int)
    shapes += [Message(network.where, {"dim": flat[i : i + 4]}) for i in range(0, len(flat), 4)]
    if len(names) != len(shapes):
        raise ModelError(
            f"{network.where}: {len(names)} inputs have {len(shapes)} shapes.",
            "Take the file as the authors published it.",
        )
    for name, shape in zip(names, shapes, strict=True):
        yield Layer(name, "Input", [], [name], Message(network.where, {"shape": [shape]}))


def _read_points(path: Path) -> NDArray[np.float32]:
    """The ab centres of the bins, float32 (bins, 2), CIE units."""
    remedy = "Take pts_in_hull.npy as it was published."
    try:
        points = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ModelError(f"The points {path} cannot be read: {error}.", remedy) from error
    if (
        not isinstance(points, np.ndarray)
        or points.dtype.kind not in "fiu"
        or points.ndim != 2
        or points.shape[1] != 2
        or not np.isfinite(points).all()
    ):
        raise ModelError(f"The points {path} are not numbers of the shape (bins, 2).", remedy)
    return points.astype(np.float32)
