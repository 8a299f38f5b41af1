"""One layer of a Caffe network as its prototxt describes it, and the weights stored for it.

Only the parameters that the published deploy files use are known. Anything else is an error
rather than a guess: a parameter that is passed over gives other colours and no message.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ...errors import ModelError
from .prototxt import Message

_REMEDY = "Take the prototxt and the caffemodel that were published together."

_WINDOW = {"num_output", "kernel_size", "stride", "pad", "dilation", "group", "bias_term"}
_NO_EFFECT = {"weight_filler", "bias_filler", "engine", "moving_average_fraction"}
_LAYER_FIELDS = {"name", "type", "bottom", "top", "param"}
# By the kind of layer: the field of its parameters, and those that are known.
_PARAMETERS = {
    "Input": ("input_param", {"shape"}),
    "Convolution": ("convolution_param", _WINDOW),
    "Deconvolution": ("convolution_param", _WINDOW),
    "ReLU": ("relu_param", set()),
    "BatchNorm": ("batch_norm_param", {"eps", "use_global_stats"}),
    "Scale": ("scale_param", {"filler", "bias_term"}),
    "Eltwise": ("eltwise_param", {"operation"}),
    "Softmax": ("softmax_param", set()),
    "Silence": ("silence_param", set()),
}


@dataclass(frozen=True)
class Window:
    """How a convolution or deconvolution goes over its input; pairs are (vertical, horizontal)."""

    outputs: int
    group: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    pad: tuple[int, int]
    dilation: tuple[int, int]
    has_bias: bool

    def onnx_attributes(self) -> dict[str, Any]:
        return {
            "group": self.group,
            "kernel_shape": self.kernel,
            "strides": self.stride,
            "pads": self.pad * 2,
            "dilations": self.dilation,
        }


@dataclass(frozen=True)
class Layer:
    """A layer whose kind and parameters are known: its name, inputs, output, and parameters."""

    name: str
    kind: str
    bottoms: list[str]
    tops: list[str]
    parameters: Message

    @classmethod
    def read(cls, message: Message) -> "Layer":
        """Raises ModelError for a kind of layer, or a parameter, that is not known."""
        name, kind = message.one("name", str), message.one("type", str)
        parameters = Message(message.where)
        layer = cls(name, kind, message.all("bottom", str), message.all("top", str), parameters)
        if kind not in _PARAMETERS:
            layer.refuse(f"is of the kind {kind!r}, which these networks do not have")
        field, known = _PARAMETERS[kind]
        parameters = message.one(field, Message, parameters)
        unknown = message.fields.keys() - _LAYER_FIELDS - {field}
        unknown |= parameters.fields.keys() - known - _NO_EFFECT
        if unknown:
            layer.refuse(f"has {min(unknown)!r}, which these networks do not use")
        return cls(name, kind, layer.bottoms, layer.tops, parameters)

    @property
    def top(self) -> str:
        """The blob that the layer makes. Raises ModelError unless it is one."""
        if len(self.tops) != 1:
            self.refuse(f"makes {len(self.tops)} blobs, not one")
        return self.tops[0]

    def window(self) -> Window:
        return Window(
            self._whole_numbers("num_output", None, 1)[0],
            self._whole_numbers("group", 1, 1)[0],
            self._whole_numbers("kernel_size", None, 1),
            self._whole_numbers("stride", 1, 1),
            self._whole_numbers("pad", 0, 0),
            self._whole_numbers("dilation", 1, 1),
            self.parameters.one("bias_term", bool, True),
        )

    def _whole_numbers(self, name: str, default: int | None, least: int) -> tuple[int, int]:
        values = self.parameters.all(name, int) or [default]
        if len(values) > 2 or values[0] is None or min(values) < least:
            self.refuse(f"lacks {name!r}, or it is not one or two numbers from {least} on")
        return values[0], values[-1]

    def refuse(self, fault: str) -> NoReturn:
        raise ModelError(f"{self.parameters.where}: the layer {self.name!r} {fault}.", _REMEDY)


class StoredWeights:
    """The blobs of a caffemodel, each taken once, in the shape that its layer needs."""

    def __init__(self, path: Path, blobs: dict[str, list[NDArray[np.float32]]]):
        self._path = path
        self._blobs = dict(blobs)

    def __contains__(self, layer: Layer) -> bool:
        return layer.name in self._blobs

    def take(self, layer: Layer, *shapes: tuple[int, ...]) -> list[NDArray[np.float32]]:
        """The blobs of a layer, which must be of just these shapes; else ModelError."""
        blobs = self._blobs.pop(layer.name, [])
        if not blobs:
            layer.refuse(f"needs weights, but {self._path} stores none for it")
        found = [blob.shape for blob in blobs]
        # Files before 2015 give every blob four dimensions, with ones in front.
        padded = [(1,) * (4 - len(shape)) + shape for shape in shapes]
        if len(found) != len(shapes) or any(
            shape not in allowed for shape, *allowed in zip(found, shapes, padded, strict=True)
        ):
            layer.refuse(
                f"needs weights of {_listed(shapes)}, but {self._path} stores {_listed(found)}"
            )
        return [blob.reshape(shape) for blob, shape in zip(blobs, shapes, strict=True)]

    def refuse_leftovers(self, prototxt: Path) -> None:
        """Raise ModelError if the file stores weights that no layer took."""
        if self._blobs:
            raise ModelError(
                f"{self._path} stores weights of the layer {min(self._blobs)!r}, "
                f"but {prototxt} lacks this layer, or has it without weights.",
                _REMEDY,
            )


def _listed(shapes: list[tuple[int, ...]] | tuple[tuple[int, ...], ...]) -> str:
    return " and ".join("×".join(map(str, shape)) for shape in shapes)
