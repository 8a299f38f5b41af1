"""Takes over the weights of an exported model.

In an exported model the batch normalizations are folded into the convolutions. Here they are put
back: the folded filters are brought to unit scale, and each norm gets the statistics it sees on a
batch of photographs and the gain and shift that make it give the folded layer's output. Blocks
which the exported model lacks start as identities.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from training.network import ColourNetwork, ConvNorm, DepthwiseNorm


def layer_name(node: str) -> str:
    """Return the name of the layer that PyTorch exported as ``node``.

    >>> layer_name("/network/encoder.1/encoder.1.0/expand/expand.0/Conv")
    'encoder.1.0.expand.0'
    """
    steps = node.strip("/").split("/")[1:-1]
    following = [*steps, ""][1:]
    return ".".join(a for a, b in zip(steps, following, strict=True) if not b.startswith(f"{a}."))


def folded_layers(path: Path) -> dict[str, tuple[Tensor, Tensor]]:
    """Return filters and biases of an exported model by their names in ``ColourNetwork``."""
    graph = onnx.load(path).graph
    values = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    layers = {}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]].astype(np.float32)
        elif node.op_type == "Identity" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
        elif node.op_type == "Mul" and all(name in values for name in node.input):
            values[node.output[0]] = values[node.input[0]] * values[node.input[1]]
        elif node.op_type in ("Conv", "Gemm") and (name := layer_name(node.name)):
            weight, bias = (torch.tensor(values[key]) for key in node.input[1:3])
            layers[name.removesuffix(".0")] = weight.float(), bias.float()
    return layers


def _unfold(layer: nn.Sequential, weight: Tensor, bias: Tensor) -> None:
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
    """Load the model at ``path``; ``lightness`` (n, 1, h, w) sets the norms' statistics."""
    network.eval()
    for name, (weight, bias) in folded_layers(path).items():
        layer = network.get_submodule(name)
        if isinstance(layer, ConvNorm | DepthwiseNorm):
            _unfold(layer, weight, bias)
        else:
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
    network(lightness)
    network.train()
