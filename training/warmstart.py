"""Takes over the weights of compact-v0 from its ONNX file.

There the batch normalizations are folded into the convolutions. Here they are put back: the folded
filters are brought to unit scale, and each norm gets the statistics it sees on a batch of
photographs and the gain and shift that make it give the folded layer's output. Blocks which
compact-v0 lacks start as identities.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from training.network import ColourNetwork, ConvNorm

FOLDED_NAMES = (
    (r"^n\.", ""),
    (r"^stem\.stem\.0$", "stem"),
    (r"\.(\w+)\.\d\.\1\.\d\.0$", r".\1"),
)
STAGES = {"s1": "down4", "s2": "down8", "s3": "down16", "s4": "down32"}
DECODERS = {"d3": "up16", "d2": "up8", "d1": "up4"}
PARTS = {"a": "reduce", "b": "mix", "c": "expand"}
SINGLES = {
    "stem": "stem",
    "l3": "lateral16",
    "l2": "lateral8",
    "l1": "lateral4",
    "k1": "skip4",
    "head": "head",
    "s4.4.f.0": "context32.squeeze",
    "s4.4.f.2": "context32.excite",
    "d3.2.f.0": "context16.squeeze",
    "d3.2.f.2": "context16.excite",
}


def module_name(node: str) -> str | None:
    """Return the name in ``ColourNetwork`` of a compact-v0 node such as ``/n/s3/s3.1/a/a.0/Conv``.

    None is for the annealed mean, which has no counterpart in the network.
    """
    steps = node.strip("/").split("/")[1:-1]
    if not steps:
        return None
    if steps[0] in SINGLES:
        return SINGLES[steps[0]]
    if len(steps) > 2 and steps[2] == "f":
        return SINGLES[f"{steps[1]}.{steps[3]}"]
    stage, block = re.fullmatch(
        r"(\w+)\.(\d+)(?:\.0)?", steps[1] if len(steps) > 1 else ""
    ).groups()
    if stage in DECODERS:
        return f"{DECODERS[stage]}.{block}.{PARTS[steps[2]]}"
    if block == "0":
        return f"{STAGES[stage]}.enter"
    return f"{STAGES[stage]}.blocks.{int(block) - 1}.{PARTS[steps[2]]}"


def folded_layers(path: Path) -> dict[str, tuple[Tensor, Tensor]]:
    """Return filters and biases of compact-v0 by module name."""
    graph = onnx.load(path).graph
    values = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    layers = {}
    for node in graph.node:
        if node.op_type in ("Conv", "Gemm") and (name := module_name(node.name)):
            weight, bias = (values[key].astype(np.float32) for key in node.input[1:3])
            layers[name] = torch.tensor(weight), torch.tensor(bias)
    return layers


def _unfold(layer: ConvNorm, weight: Tensor, bias: Tensor) -> None:
    """Load folded filters so that the norm, when first used, sets itself to undo the scaling."""
    conv, norm = layer
    rows, columns = weight.shape[0], weight[0].numel()
    scale = weight.norm() / min(rows, columns) ** 0.5
    conv.weight.data.copy_(weight / scale)

    def settle(module: nn.BatchNorm2d, inputs: tuple[Tensor]) -> None:
        variance, mean = torch.var_mean(inputs[0].float(), (0, 2, 3))
        module.running_mean.copy_(mean)
        module.running_var.copy_(variance)
        module.weight.data.copy_(scale * (variance + module.eps).sqrt())
        module.bias.data.copy_(bias + scale * mean)
        handle.remove()

    handle = norm.register_forward_pre_hook(settle)


@torch.no_grad()
def warm_start(network: ColourNetwork, path: Path, lightness: Tensor) -> None:
    """Load compact-v0 from ``path``; ``lightness`` (n, 1, h, w) sets the norms' statistics."""
    network.eval()
    for name, (weight, bias) in folded_layers(path).items():
        layer = network.get_submodule(name)
        if isinstance(layer, ConvNorm):
            _unfold(layer, weight, bias)
        else:
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
    network(lightness)
    network.train()
