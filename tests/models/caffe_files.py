"""Caffe's files as its own tools write them, with seeded random weights."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

BINS = 313
# What Caffe divides BatchNorm's sums by after long training: 1 / (1 - 0.999).
BATCH_NORM_FACTOR = 999.98


@dataclass(frozen=True)
class Layer:
    """A layer of a prototxt; ``parameters`` are those of its kind."""

    name: str
    kind: str
    bottoms: list[str]
    top: str
    parameters: dict[str, Any] = field(default_factory=dict)


_FIELDS = {
    "Input": "input_param",
    "Convolution": "convolution_param",
    "Deconvolution": "convolution_param",
    "ReLU": "relu_param",
    "BatchNorm": "batch_norm_param",
    "Scale": "scale_param",
    "Eltwise": "eltwise_param",
    "Softmax": "softmax_param",
    "Silence": "silence_param",
}


def zhang_layers(divisor: int = 1) -> list[Layer]:
    """The network of the v2 files; ``divisor`` makes it narrower, not shorter."""
    layers = [Layer("data_l", "Input", [], "data_l", input_shape(1, 1, 224, 224))]
    below = "data_l"
    blocks = [(64, 2, 2, 1), (128, 2, 2, 1), (256, 3, 2, 1), (512, 3, 1, 1)]
    blocks += [(512, 3, 1, 2), (512, 3, 1, 2), (512, 3, 1, 1)]
    for block, (channels, count, stride, dilation) in enumerate(blocks, 1):
        for place in range(1, count + 1):
            top = f"conv{block}_{place}"
            name = "bw_conv1_1" if top == "conv1_1" else top
            window = {"num_output": channels // divisor, "kernel_size": 3, "pad": dilation}
            window |= {"stride": stride if place == count else 1, "dilation": dilation}
            layers.append(Layer(name, "Convolution", [below], top, window))
            layers.append(Layer(f"relu{block}_{place}", "ReLU", [top], top))
            below = top
        layers.append(Layer(f"{below}norm", "BatchNorm", [below], f"{below}norm"))
        below = f"{below}norm"
    width = 256 // divisor
    up = {"num_output": width, "kernel_size": 4, "pad": 1, "stride": 2}
    same = {"num_output": width, "kernel_size": 3, "pad": 1}
    for place, kind, window in [
        (1, "Deconvolution", up),
        (2, "Convolution", same),
        (3, "Convolution", same),
    ]:
        top = f"conv8_{place}"
        layers.append(Layer(top, kind, [below], top, window))
        layers.append(Layer(f"relu8_{place}", "ReLU", [top], top))
        below = top
    return layers + ending(below)


def ending(below: str, bins: int = BINS) -> list[Layer]:
    """From the features ``below`` to ab, as the v2 files have it."""
    reheat = {"bias_term": False, "filler": {"type": "constant", "value": 2.606}}
    one = {"kernel_size": 1}
    return [
        Layer("conv8_313", "Convolution", [below], "conv8_313", one | {"num_output": bins}),
        Layer("conv8_313_rh", "Scale", ["conv8_313"], "conv8_313_rh", reheat),
        Layer("class8_313_rh", "Softmax", ["conv8_313_rh"], "class8_313_rh"),
        Layer("class8_ab", "Convolution", ["class8_313_rh"], "class8_ab", one | {"num_output": 2}),
        Layer("Silence", "Silence", ["class8_ab"], ""),
    ]


def ending_v1(below: str, bins: int = BINS) -> list[Layer]:
    """From the features ``below`` to ab where 1 / T is an input named Trecip."""
    first, _, softmax, *rest = ending(below, bins)
    reheat = Layer("Reheat8", "Eltwise", [first.top, "Trecip"], "conv8_313_rh", {"operation": 0})
    return [first, reheat, softmax, *rest]


def input_shape(*dimensions: int) -> dict[str, Any]:
    return {"shape": {"dim": list(dimensions)}}


def prototxt(layers: Iterable[Layer], head: str = "") -> str:
    """The text of a network's file, in the manner of the published ones."""
    parts = ['name: "LtoAB"', head]
    for layer in layers:
        parts.append(f'layer {{  # {layer.name}\n  name: "{layer.name}"\n  type: "{layer.kind}"')
        parts += [f'  bottom: "{bottom}"' for bottom in layer.bottoms]
        parts += [f"  top: '{layer.top}'"] if layer.top else []
        body = _text(layer.parameters)
        parts.append(f"  {_FIELDS.get(layer.kind, 'other_param')} {{ {body} }}\n}}")
    return "\n".join(parts) + "\n"


def _text(fields: dict[str, Any]) -> str:
    parts = []
    for name, values in fields.items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, dict):
                parts.append(f"{name} {{ {_text(value)} }}")
            else:
                parts.append(f"{name}: {repr(value) if isinstance(value, str) else value}")
    return " ".join(parts)


def random_weights(layers: Iterable[Layer], seed: int = 0) -> dict[str, list[np.ndarray]]:
    """Weights that keep activations near 1 (He et al. 2015) and logits a few units apart.

    Statistics of batch norms are about those of a rectified normal distribution.
    """
    rng = np.random.default_rng(seed)
    channels: dict[str, int] = {"data_l": 1}
    weights: dict[str, list[np.ndarray]] = {}
    for layer in layers:
        inside = channels.get(layer.bottoms[0], 1) if layer.bottoms else 1
        outside = layer.parameters.get("num_output", inside)
        channels[layer.top] = outside
        if layer.kind in ("Convolution", "Deconvolution") and layer.name != "class8_ab":
            weights[layer.name] = _random_window(rng, layer, inside, outside)
        elif layer.kind == "BatchNorm":
            mean, variance = rng.uniform(0.3, 0.8, inside), rng.uniform(0.25, 0.6, inside)
            factor = np.array([BATCH_NORM_FACTOR])
            stored = (mean * factor, variance * factor, factor)
            weights[layer.name] = [part.astype(np.float32) for part in stored]
    return weights


def _random_window(
    rng: np.random.Generator, layer: Layer, inside: int, outside: int
) -> list[np.ndarray]:
    size, group = layer.parameters["kernel_size"], layer.parameters.get("group", 1)
    taps = inside // group * size**2
    pair = (outside, inside // group)
    if layer.kind == "Deconvolution":
        taps //= layer.parameters.get("stride", 1) ** 2
        pair = (inside, outside // group)
    # Half of a rectified signal is gone; one just normalized, and the input's spread of 30, is not.
    below = layer.bottoms[0]
    gain = 1 / 30 if below == "data_l" else 1.0 if below.endswith("norm") else 2**0.5
    kernel = rng.standard_normal((*pair, size, size), np.float32) * np.float32(gain / taps**0.5)
    blobs = [kernel, rng.normal(0, 0.1, outside).astype(np.float32)]
    return blobs if layer.parameters.get("bias_term", True) else blobs[:1]


def ab_centres(bins: int = BINS) -> np.ndarray:
    """Centres on a grid of 10 as in pts_in_hull.npy, float64 (bins, 2), nearest to grey first."""
    a, b = np.meshgrid(np.arange(-110, 111, 10), np.arange(-110, 111, 10))
    grid = np.stack([a.ravel(), b.ravel()], 1).astype(np.float64)
    return grid[np.argsort(np.hypot(*grid.T), kind="stable")[:bins]]


def varint(number: int) -> bytes:
    parts = []
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def delimited(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def whole(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def blob(
    values: np.ndarray, legacy: bool = False, double: bool = False, packed: bool = True
) -> bytes:
    """A BlobProto; ``legacy``: four dimensions in fields of their own, as before 2015."""
    if legacy:
        padded = (1,) * (4 - values.ndim) + values.shape
        shape = b"".join(whole(number, size) for number, size in enumerate(padded, 1))
    else:
        shape = delimited(7, delimited(1, b"".join(map(varint, values.shape))))
    number, kind = (8, "<f8") if double else (5, "<f4")
    if packed:
        return shape + delimited(number, values.astype(kind).tobytes())
    key = varint(number << 3 | (1 if double else 5))
    return shape + b"".join(key + struct.pack("<d" if double else "<f", v) for v in values.flat)


def caffemodel(
    weights: dict[str, list[np.ndarray]],
    v1: bool = False,
    weightless: str = "relu1_1",
    **form: bool,
) -> bytes:
    """A NetParameter. ``v1``: in the field ``layers``; ``form``: that of the blobs.

    A layer without weights stands between, as in real files.
    """
    number, name_field, blobs_field = (2, 4, 6) if v1 else (100, 1, 7)
    content = delimited(1, b"LtoAB")
    for name, blobs in [*weights.items(), (weightless, [])]:
        kind = whole(5, 4) if v1 else delimited(2, b"Convolution")
        parts = [delimited(blobs_field, blob(values, **form)) for values in blobs]
        content += delimited(number, delimited(name_field, name.encode()) + kind + b"".join(parts))
    return content


def write_network(
    folder: Path,
    layers: list[Layer],
    weights: dict[str, list[np.ndarray]],
    bins: int = BINS,
    head: str = "",
) -> tuple[Path, Path, Path]:
    """The three files that ``convert_caffe`` takes, in its order."""
    files = folder / "deploy.prototxt", folder / "release.caffemodel", folder / "points.npy"
    files[0].write_text(prototxt(layers, head))
    files[1].write_bytes(caffemodel(weights))
    np.save(files[2], ab_centres(bins))
    return files
