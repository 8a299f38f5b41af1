"""What each kind of Caffe layer is in ONNX, for the networks of Zhang et al. 2016.

The batch norms of these networks come after a ReLU and before a convolution that pads with zeros,
and stay batch norms. To fold one into that convolution, its shift would have to become a bias; but
padded zeros are not shifted, so that at the border another bias would be right. The fold is exact
only without padding, and every layer of these networks that follows a batch norm pads. (The
transposed convolution is no better off: its border sums fewer taps.)
"""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from ...errors import ModelError
from .caffe_layer import Layer, StoredWeights, Window
from .graph import Graph
from .prototxt import Message

# CIE L* of mid-grey: the networks were trained on L* minus this.
_MEAN_LIGHTNESS = np.float32(50)
_BATCH_NORM_EPSILON = 1e-5


class _Role(Enum):
    """What a blob holds, as an error tells it."""

    FEATURES = "features"
    RECIPROCAL = "1 / T"
    REHEATED = "logits times 1 / T"
    DISTRIBUTION = "a distribution over the bins"
    AB = "ab"


@dataclass(frozen=True)
class _Blob:
    """A Caffe blob as it stands: the ONNX tensor that holds it, its channels, what it means."""

    tensor: str
    channels: int
    role: _Role = _Role.FEATURES


class CaffeGraph:
    """An ONNX graph that grows layer by layer, in the order of the network's file.

    ``points`` are the ab centres (bins, 2). Every ModelError names the layer.
    """

    def __init__(self, weights: StoredWeights, points: NDArray[np.float32]):
        self._weights = weights
        self._points = points
        self._graph = Graph("colorful-image-colorization")
        self._graph.input("L", ("n", 1, "h", "w"))
        self._graph.input("temperature", (1,))
        self._names = {"L", "temperature", "ab"}
        self._blobs: dict[str, _Blob] = {}
        self._kinds = {
            "Input": self._input,
            "Convolution": self._convolution,
            "Deconvolution": self._deconvolution,
            "ReLU": self._relu,
            "BatchNorm": self._batch_norm,
            "Scale": self._scale,
            "Eltwise": self._eltwise,
            "Softmax": self._softmax,
            "Silence": self._bottoms,
        }

    def add(self, layer: Layer) -> None:
        """One layer. Raises ModelError if its inputs, parameters or weights are not right."""
        self._kinds[layer.kind](layer)

    def model(self, prototxt: Path) -> onnx.ModelProto:
        """The checked model. Raises ModelError, naming the file, if it does not lead to ab."""
        if not any(blob.role is _Role.AB for blob in self._blobs.values()):
            raise ModelError(
                f"The network {prototxt} does not end in a softmax and a convolution to ab.",
                "Take the deploy prototxt, not that of the training.",
            )
        return self._graph.model({"ab": ("n", 2, "h/4", "w/4")})

    def _input(self, layer: Layer) -> None:
        """The first input is lightness, the second (in v1: ``Trecip``) is 1 / T.

        Their sizes in the file are those of the authors' script; the network takes any.
        """
        shape = layer.parameters.one("shape", Message).all("dim", int)
        roles = {blob.role for blob in self._blobs.values()}
        if len(shape) != 4 or roles - {_Role.FEATURES}:
            layer.refuse("is not an input that these networks have")
        if roles:
            self._blobs[layer.top] = _Blob("", shape[1], _Role.RECIPROCAL)
            return
        if shape[1] != 1:
            layer.refuse(f"has {shape[1]} channels where lightness has 1")
        mean = self._graph.constant("mean_lightness", _MEAN_LIGHTNESS)
        self._put(layer, "Sub", ["L", mean], 1)

    def _convolution(self, layer: Layer) -> None:
        below = self._below(layer, _Role.FEATURES, _Role.DISTRIBUTION)
        window = self._window(layer, below)
        shape = (window.outputs, below.channels // window.group, *window.kernel)
        if below.role is _Role.DISTRIBUTION:
            self._decode(layer, below, window, shape)
        else:
            self._slide(layer, "Conv", below, window, shape)

    def _deconvolution(self, layer: Layer) -> None:
        below = self._below(layer)
        window = self._window(layer, below)
        shape = (below.channels, window.outputs // window.group, *window.kernel)
        self._slide(layer, "ConvTranspose", below, window, shape)

    def _slide(
        self, layer: Layer, operator: str, below: _Blob, window: Window, shape: tuple[int, ...]
    ) -> None:
        inputs = [below.tensor, *self._constants(layer, self._take(layer, window, shape))]
        self._put(layer, operator, inputs, window.outputs, **window.onnx_attributes())

    def _decode(self, layer: Layer, below: _Blob, window: Window, shape: tuple[int, ...]) -> None:
        """The mean of the distribution: the points are the weights, as the authors' script has it.

        A file may store this layer all the same; its weights give way to the points.
        """
        points = self._points.T[:, :, None, None]
        plain = Window(2, 1, (1, 1), (1, 1), (0, 0), (1, 1), window.has_bias)
        if shape != points.shape or window != plain:
            layer.refuse(f"is not a plain 1×1 convolution from {points.shape[1]} bins to ab")
        stored = self._take(layer, window, shape) if layer in self._weights else {}
        parts = stored | {"weights": points}
        self._name(layer)
        self._graph.node("Conv", [below.tensor, *self._constants(layer, parts)], "ab")
        self._blobs[layer.top] = _Blob("ab", 2, _Role.AB)

    def _relu(self, layer: Layer) -> None:
        below = self._below(layer)
        self._put(layer, "Relu", [below.tensor], below.channels)

    def _batch_norm(self, layer: Layer) -> None:
        """Caffe's has no learned scale; its stored sums are divided by the third blob."""
        below = self._below(layer)
        each = (below.channels,)
        if not layer.parameters.one("use_global_stats", bool, True):
            layer.refuse("normalizes by each picture's own statistics")
        mean, variance, factor = self._weights.take(layer, each, each, (1,))
        if factor[0] == 0:
            layer.refuse("has gathered no statistics: the network is untrained")
        parts = {
            "scale": np.ones(each, np.float32),
            "shift": np.zeros(each, np.float32),
            "mean": mean / factor,
            "variance": variance / factor,
        }
        inputs = [below.tensor, *self._constants(layer, parts)]
        epsilon = layer.parameters.one("eps", float, _BATCH_NORM_EPSILON)
        self._put(layer, "BatchNormalization", inputs, below.channels, epsilon=epsilon)

    def _scale(self, layer: Layer) -> None:
        """A factor for each channel; one and the same for all is the 1 / T before the softmax."""
        below = self._below(layer)
        each = (below.channels,)
        has_bias = layer.parameters.one("bias_term", bool, False)
        if layer in self._weights or has_bias:
            factors, *bias = self._weights.take(layer, *[each] * (1 + has_bias))
        else:
            filler = layer.parameters.one("filler", Message, Message(layer.parameters.where))
            if filler.one("type", str, "constant") != "constant":
                layer.refuse("stores no weights, and its filler is not a constant")
            factors = np.full(each, filler.one("value", float, 1.0), np.float32)
        if not has_bias and (factors == factors[0]).all():
            self._reheat(layer, below)
            return
        shift = bias[0] if has_bias else np.zeros(each, np.float32)
        parts = {"factors": factors[:, None, None], "shift": shift[:, None, None]}
        factors, shift = self._constants(layer, parts)
        scaled = self._graph.node("Mul", [below.tensor, factors], f"{layer.name}.scaled")
        self._put(layer, "Add", [scaled, shift], below.channels)

    def _eltwise(self, layer: Layer) -> None:
        """The product of the logits and the input 1 / T, as v1 has it."""
        pair = {blob.role: blob for blob in self._bottoms(layer)}
        is_product = layer.parameters.fields.get("operation") in (["PROD"], [0])
        if not is_product or pair.keys() != {_Role.FEATURES, _Role.RECIPROCAL}:
            layer.refuse("is not the product of logits and 1 / T")
        self._reheat(layer, pair[_Role.FEATURES])

    def _reheat(self, layer: Layer, logits: _Blob) -> None:
        """The input ``temperature`` in place of the 1 / T that the file or its user sets."""
        inputs = [logits.tensor, "temperature"]
        self._put(layer, "Div", inputs, logits.channels, _Role.REHEATED)

    def _softmax(self, layer: Layer) -> None:
        below = self._below(layer, _Role.REHEATED)
        self._put(layer, "Softmax", [below.tensor], below.channels, _Role.DISTRIBUTION, axis=1)

    def _take(
        self, layer: Layer, window: Window, shape: tuple[int, ...]
    ) -> dict[str, NDArray[np.float32]]:
        shapes = [shape, (window.outputs,)][: 1 + window.has_bias]
        return dict(zip(("weights", "bias"), self._weights.take(layer, *shapes), strict=False))

    def _window(self, layer: Layer, below: _Blob) -> Window:
        window = layer.window()
        if below.channels % window.group or window.outputs % window.group:
            layer.refuse(f"has {window.group} groups, which do not divide its channels")
        return window

    def _below(self, layer: Layer, *roles: _Role) -> _Blob:
        """The one blob that a layer takes, which must hold what it may hold there."""
        below, *others = self._bottoms(layer)
        if others or below.role not in (roles or (_Role.FEATURES,)):
            layer.refuse(f"takes {below.role.value}, as it does not in these networks")
        return below

    def _bottoms(self, layer: Layer) -> list[_Blob]:
        missing = [name for name in layer.bottoms if name not in self._blobs]
        if missing or not layer.bottoms:
            layer.refuse(f"takes {missing or 'nothing'}, which no layer before it makes")
        return [self._blobs[name] for name in layer.bottoms]

    def _constants(self, layer: Layer, parts: dict[str, NDArray[np.float32]]) -> list[str]:
        return [
            self._graph.constant(f"{layer.name}.{part}", values) for part, values in parts.items()
        ]

    def _put(
        self,
        layer: Layer,
        operator: str,
        inputs: list[str],
        channels: int,
        role: _Role = _Role.FEATURES,
        **attributes: Any,
    ) -> None:
        """The node that a layer comes to; its tensor has the layer's name."""
        self._name(layer)
        self._graph.node(operator, inputs, layer.name, **attributes)
        self._blobs[layer.top] = _Blob(layer.name, channels, role)

    def _name(self, layer: Layer) -> None:
        if layer.name in self._names:
            layer.refuse("has a name that is taken already")
        self._names.add(layer.name)
