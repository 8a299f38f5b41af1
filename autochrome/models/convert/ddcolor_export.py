"""DDColor's published weights to ONNX; run by a Python that has PyTorch, never imported.

    python ddcolor_export.py WEIGHTS OUT.onnx

Needs what ``requirements-ddcolor.txt`` has and nothing of Autochrome, whose own environment is
without PyTorch. The architecture is that of spandrel-extra-arches (MIT; DDColor: Apache-2.0),
which finds the variant (ConvNeXt tiny to large) in the weights and loads them strictly.

The network in OUT.onnx: ``L`` float32 (n, 1, 512, 512), L* of 0 to 100, to ``ab`` float32
(n, 2, 512, 512), CIE units as the network predicts them, without bounds.
"""

import sys
from pathlib import Path

import torch
from spandrel import canonicalize_state_dict
from spandrel_extra_arches.architectures.DDColor import DDColor, DDColorArch
from torch import Tensor, nn

# The size at which DDColor was trained and is run by its authors.
SIDE = 512
OPSET = 18


class FromLightness(nn.Module):
    """DDColor behind an input of L*: it was trained on grey sRGB of that lightness."""

    def __init__(self, network: DDColor):
        super().__init__()
        self.network = network

    def forward(self, lightness: Tensor) -> Tensor:
        return self.network(grey_from_lightness(lightness).expand(-1, 3, -1, -1))


def grey_from_lightness(lightness: Tensor) -> Tensor:
    """The sRGB value, 0 to 1, of a grey of that L* (CIE 15 and IEC 61966-2-1)."""
    cube = ((lightness + 16) / 116) ** 3
    linear = torch.where(lightness > 8, cube, lightness * (27 / 24389)).clamp(0, 1)
    curve = 1.055 * linear.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(linear > 0.0031308, curve, 12.92 * linear)


def load(weights: Path) -> DDColor:
    """The network with these weights; exits with a message if they are of another network."""
    state = torch.load(weights, map_location="cpu", weights_only=True, mmap=True)
    state = canonicalize_state_dict(state)
    architecture = DDColorArch()
    if not architecture.detect(state):
        sys.exit("these are not the weights of DDColor")
    network = architecture.load(state).model.eval()
    if network.num_output_channels != 2:
        sys.exit(f"this DDColor predicts {network.num_output_channels} channels, not ab")
    return network


def bake_spectral_norm(network: DDColor) -> None:
    """Divide the weights by their norms once, rather than in every run."""
    for module in network.modules():
        if hasattr(module, "weight_orig"):
            nn.utils.remove_spectral_norm(module)


def export(network: DDColor, target: Path) -> None:
    bake_spectral_norm(network)
    torch.onnx.export(
        FromLightness(network).eval(),
        (torch.full((2, 1, SIDE, SIDE), 50.0),),
        target,
        input_names=["L"],
        output_names=["ab"],
        dynamic_shapes=({0: torch.export.Dim("n")},),
        opset_version=OPSET,
        external_data=False,
    )


if __name__ == "__main__":
    export(load(Path(sys.argv[1])), Path(sys.argv[2]))
