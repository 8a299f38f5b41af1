"""The two networks of Zhang et al., as PyTorch publishes them, to ONNX.

- ``eccv16``: "Colorful Image Colorization" (2016), a distribution over 313 ab bins;
- ``siggraph17``: "Real-Time User-Guided Image Colorization with Learned Deep Priors" (2017), ab by
  regression, with hints.

Layers, names and shapes are facts of ``colorizers/eccv16.py``, ``siggraph17.py`` and
``base_color.py`` in richzhang/colorization (BSD-2-Clause). Both networks take L* of 0 to 100 and
give ab in CIE units; what lies between (L - 50 over 100, ab over 110) is inside the graph.

Batch normalization stays a layer of its own: it follows a ReLU, and the next convolution pads
with zeros, so its shift cannot move into that convolution's bias without changing the borders.
"""

from itertools import pairwise
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from ...errors import ModelError
from .graph import Graph

BINS = 313
CLASSES = 529
BN_EPSILON = 1e-5
LEAK = 0.2
L_CENTRE, L_SCALE, AB_SCALE = np.float32(50), np.float32(100), np.float32(110)


class _Network:
    """A graph that takes its weights by PyTorch's names, and knows which are left."""

    def __init__(self, name: str, tensors: dict[str, NDArray[Any]]):
        self.name = name
        self.graph = Graph(name)
        self._tensors = tensors
        self._unused = {key for key in tensors if not key.endswith(".num_batches_tracked")}

    def weights(self, name: str, *shape: int) -> NDArray[np.float32]:
        """The tensor of that name, which must have that shape."""
        if name not in self._tensors:
            raise self._error(f"{name} is missing")
        tensor = self._tensors[name]
        if tensor.shape != shape or tensor.dtype.kind != "f":
            raise self._error(f"{name} is {tensor.dtype} {tensor.shape}, not float {shape}")
        self._unused.discard(name)
        return tensor.astype(np.float32)

    def constant(self, name: str, *shape: int) -> str:
        return self.graph.constant(name, self.weights(name, *shape))

    def normalized_lightness(self) -> str:
        """The input ``L``, centred and scaled as both networks were trained."""
        lightness = self.graph.input("L", ("n", 1, "h", "w"))
        centre = self.graph.constant("L_centre", L_CENTRE)
        centred = self.graph.node("Sub", [lightness, centre], "L_centred")
        scale = self.graph.constant("L_scale", L_SCALE)
        return self.graph.node("Div", [centred, scale], "L_normalized")

    def convolution(
        self, x: str, layer: str, width: int, to: int, size: int = 3, stride: int = 1, gap: int = 1
    ) -> str:
        """A convolution that keeps height and width, but for its stride; ``gap`` is dilation."""
        kernel = self.constant(f"{layer}.weight", to, width, size, size)
        bias = self.constant(f"{layer}.bias", to)
        return self.graph.node(
            "Conv",
            [x, kernel, bias],
            layer,
            kernel_shape=[size, size],
            pads=[size // 2 * gap] * 4,
            strides=[stride, stride],
            dilations=[gap, gap],
        )

    def doubling(self, x: str, layer: str, width: int, to: int) -> str:
        """A transposed 4 x 4 convolution to twice the height and width."""
        kernel = self.constant(f"{layer}.weight", width, to, 4, 4)
        bias = self.constant(f"{layer}.bias", to)
        return self.graph.node(
            "ConvTranspose",
            [x, kernel, bias],
            layer,
            kernel_shape=[4, 4],
            pads=[1] * 4,
            strides=[2, 2],
        )

    def relu(self, x: str) -> str:
        return self.graph.node("Relu", [x], f"{x}.relu")

    def convolutions(
        self, x: str, block: str, *widths: int, first: int = 0, stride: int = 1, gap: int = 1
    ) -> str:
        """Convolutions with a ReLU after each; the last has the stride.

        ``first`` is the place of the first one in PyTorch's Sequential.
        """
        steps = list(pairwise(widths))
        for i, (width, to) in enumerate(steps):
            last = i == len(steps) - 1
            layer = f"{block}.{first + 2 * i}"
            x = self.relu(
                self.convolution(x, layer, width, to, stride=stride if last else 1, gap=gap)
            )
        return x

    def block(
        self, x: str, block: str, *widths: int, first: int = 0, stride: int = 1, gap: int = 1
    ) -> str:
        """``convolutions`` with batch normalization at the end."""
        x = self.convolutions(x, block, *widths, first=first, stride=stride, gap=gap)
        layer = f"{block}.{first + 2 * (len(widths) - 1)}"
        parts = ("weight", "bias", "running_mean", "running_var")
        constants = [self.constant(f"{layer}.{part}", widths[-1]) for part in parts]
        return self.graph.node("BatchNormalization", [x, *constants], layer, epsilon=BN_EPSILON)

    def scaled_ab(self, x: str) -> str:
        """The output ``ab``: CIE units from the network's own."""
        return self.graph.node("Mul", [x, self.graph.constant("ab_scale", AB_SCALE)], "ab")

    def model(self, height: str, width: str) -> onnx.ModelProto:
        """The checked model; weights that nothing used are an error."""
        if self._unused:
            raise self._error(f"{', '.join(sorted(self._unused))} should not be there")
        return self.graph.model({"ab": ("n", 2, height, width)})

    def _error(self, what: str) -> ModelError:
        return ModelError(
            f"These are not the weights of {self.name}: {what}.",
            "Give the file that was published under this name, unchanged.",
        )


def convert_eccv16(tensors: dict[str, NDArray[Any]]) -> onnx.ModelProto:
    """The network of 2016 from its PyTorch copy (``colorization_release_v2-9b330a0b.pth``).

    Inputs: ``L`` float32 (n, 1, h, w), L* of 0 to 100, h and w multiples of 8; ``temperature``
    float32 (1,): ab is the mean of the bins under softmax(logits / temperature). Output: ``ab``
    float32 (n, 2, h/4, w/4), CIE units, before the fourfold enlargement of the published code.

    A temperature of 1.0 is what the published PyTorch code does. The Caffe network multiplies its
    logits by 2.606, that code does not; whether the factor is folded into these weights is open
    (richzhang/colorization #93).

    Raises ModelError that names a tensor which is missing, of another shape, or not known.
    """
    network = _Network("eccv16", tensors)
    x = network.normalized_lightness()
    temperature = network.graph.input("temperature", (1,))
    x = network.block(x, "model1", 1, 64, 64, stride=2)
    x = network.block(x, "model2", 64, 128, 128, stride=2)
    x = network.block(x, "model3", 128, 256, 256, 256, stride=2)
    x = _middle(network, x)
    x = network.relu(network.doubling(x, "model8.0", 512, 256))
    x = network.convolutions(x, "model8", 256, 256, 256, first=2)
    logits = network.convolution(x, "model8.6", 256, BINS, size=1)
    warmed = network.graph.node("Div", [logits, temperature], "logits_over_temperature")
    shares = network.graph.node("Softmax", [warmed], "bins", axis=1)
    centres = network.constant("model_out.weight", 2, BINS, 1, 1)
    network.scaled_ab(network.graph.node("Conv", [shares, centres], "model_out"))
    return network.model("h/4", "w/4")


def convert_siggraph17(tensors: dict[str, NDArray[Any]]) -> onnx.ModelProto:
    """The network of 2017 (``siggraph17-df00044c.pth``).

    Inputs: ``L`` float32 (n, 1, h, w), L* of 0 to 100, h and w multiples of 8; ``hints`` float32
    (n, 2, h, w), ab in CIE units; ``mask`` float32 (n, 1, h, w), 1 where a hint holds, else 0.
    Zeros in both leave all to the network. Output: ``ab`` float32 (n, 2, h, w), within ±110.

    The file's second head, a classifier for training, must be there and is left out.

    Raises ModelError that names a tensor which is missing, of another shape, or not known.
    """
    network = _Network("siggraph17", tensors)
    graph = network.graph
    lightness = network.normalized_lightness()
    hints = graph.input("hints", ("n", 2, "h", "w"))
    mask = graph.input("mask", ("n", 1, "h", "w"))
    hints = graph.node("Div", [hints, graph.constant("hints_scale", AB_SCALE)], "hints_normalized")
    x = graph.node("Concat", [lightness, hints, mask], "inputs", axis=1)
    full = network.block(x, "model1", 4, 64, 64)
    half = network.block(_halved(graph, full), "model2", 64, 128, 128)
    quarter = network.block(_halved(graph, half), "model3", 128, 256, 256, 256)
    x = _middle(network, _halved(graph, quarter))
    x = _joined(network, x, quarter, "model8up", "model3short8", 512, 256)
    x = network.block(x, "model8", 256, 256, 256, first=1)
    x = _joined(network, x, half, "model9up", "model2short9", 256, 128)
    x = network.block(x, "model9", 128, 128, first=1)
    x = _joined(network, x, full, "model10up", "model1short10", 128, 128, short=64)
    x = network.convolution(x, "model10.1", 128, 128)
    x = graph.node("LeakyRelu", [x], "model10.1.leaky", alpha=LEAK)
    x = network.convolution(x, "model_out.0", 128, 2, size=1)
    network.scaled_ab(graph.node("Tanh", [x], "model_out.0.tanh"))
    network.weights("model_class.0.weight", CLASSES, 256, 1, 1)
    network.weights("model_class.0.bias", CLASSES)
    return network.model("h", "w")


def _middle(network: _Network, x: str) -> str:
    """Blocks 4 to 7, the same in both networks, at an eighth of the size."""
    x = network.block(x, "model4", 256, 512, 512, 512)
    x = network.block(x, "model5", 512, 512, 512, 512, gap=2)
    x = network.block(x, "model6", 512, 512, 512, 512, gap=2)
    return network.block(x, "model7", 512, 512, 512, 512)


def _halved(graph: Graph, x: str) -> str:
    """Every second row and column."""
    parts = {"starts": (0, 0), "ends": (2**62, 2**62), "axes": (2, 3), "steps": (2, 2)}
    constants = [
        graph.constant(f"halving_{name}", np.array(values, np.int64))
        for name, values in parts.items()
    ]
    return graph.node("Slice", [x, *constants], f"{x}.halved")


def _joined(
    network: _Network, x: str, skip: str, up: str, across: str, width: int, to: int, short: int = 0
) -> str:
    """The doubled map plus a convolution of the earlier one (``short`` wide, else ``to``)."""
    doubled = network.doubling(x, f"{up}.0", width, to)
    carried = network.convolution(skip, f"{across}.0", short or to, to)
    return network.relu(network.graph.node("Add", [doubled, carried], f"{up}.joined"))
