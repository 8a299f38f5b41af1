"""The colour network: a small residual encoder-decoder over lightness, with global context.

The picture is made smaller first: the photographs it learns from have a short side of 128 px, and
there it colours as well as at 256 px for much less work (LOG.md, trials 1 and 4).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.settings import Network

WIDTHS = (32, 64, 128, 256, 384)
"""Channels at 1/2, 1/4, 1/8, 1/16 and 1/32 of the inner picture."""
OUTPUT_STRIDE = 4


class ConvNorm(nn.Sequential):
    """Convolution and batch normalization."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1):
        padding = dilation * (kernel // 2)
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False),
            nn.BatchNorm2d(outputs),
        )


class Residual(nn.Module):
    """Bottleneck: 1×1 to half the channels, 3×3, 1×1 back, added to the input."""

    def __init__(self, channels: int, dilation: int = 1):
        super().__init__()
        half = channels // 2
        self.reduce = ConvNorm(channels, half, 1)
        self.mix = ConvNorm(half, half, 3, dilation=dilation)
        self.expand = ConvNorm(half, channels, 1)
        nn.init.zeros_(self.expand[1].weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the shape of ``x``."""
        inner = functional.relu(self.mix(functional.relu(self.reduce(x))))
        return functional.relu(x + self.expand(inner))


class Context(nn.Module):
    """Gates and shifts every channel by what the whole picture holds on average."""

    def __init__(self, channels: int):
        super().__init__()
        self.channels = channels
        self.squeeze = nn.Linear(channels, channels // 2)
        self.excite = nn.Linear(channels // 2, 2 * channels)

    def forward(self, x: Tensor) -> Tensor:
        """Return a tensor of the shape of ``x``."""
        summary = self.excite(functional.relu(self.squeeze(x.mean((2, 3)))))
        gate, shift = summary[:, :, None, None].split(self.channels, 1)
        return x * (2 * torch.sigmoid(gate)) + shift


class Down(nn.Module):
    """Encoder stage: halves the picture, then residual blocks; every second one sees wider."""

    def __init__(self, inputs: int, outputs: int, blocks: int, wide: bool = False):
        super().__init__()
        self.enter = ConvNorm(inputs, outputs, 3, stride=2)
        dilations = [2 if wide and i % 2 else 1 for i in range(blocks)]
        self.blocks = nn.Sequential(*(Residual(outputs, d) for d in dilations))

    def forward(self, x: Tensor) -> Tensor:
        """Return the stage's features at half the height and width of ``x``."""
        return self.blocks(functional.relu(self.enter(x)))


def enlarge(x: Tensor, like: Tensor) -> Tensor:
    """Return ``x`` at the height and width of ``like``, by nearest neighbour."""
    return functional.interpolate(x, size=like.shape[2:], mode="nearest")


class ColourNetwork(nn.Module):
    """Lightness → logits over the ab bins at a quarter of the inner picture."""

    def __init__(self, bins: int, layout: Network):
        super().__init__()
        w2, w4, w8, w16, w32 = WIDTHS
        e4, e8, e16, e32 = layout.encoder_blocks
        d16, d8, d4 = layout.decoder_blocks
        self.stem = ConvNorm(1, w2, 3, stride=2)
        self.down4 = Down(w2, w4, e4)
        self.down8 = Down(w4, w8, e8)
        self.down16 = Down(w8, w16, e16)
        self.down32 = Down(w16, w32, e32, wide=True)
        self.context32 = Context(w32)
        self.lateral16 = nn.Conv2d(w32, w16, 1)
        self.up16 = nn.Sequential(*(Residual(w16) for _ in range(d16)))
        self.context16 = Context(w16)
        self.lateral8 = nn.Conv2d(w16, w8, 1)
        self.up8 = nn.Sequential(*(Residual(w8) for _ in range(d8)))
        self.lateral4 = nn.Conv2d(w8, w8, 1)
        self.skip4 = nn.Conv2d(w4, w8, 1)
        self.up4 = nn.Sequential(*(Residual(w8) for _ in range(d4)))
        self.head = nn.Conv2d(w8, bins, 1)

    def features(self, lightness: Tensor) -> Tensor:
        """Return (n, 128, h/4, w/4) features of inner pictures (n, 1, h, w), L* in 0 … 100."""
        x2 = functional.relu(self.stem((lightness - 50) / 50))
        x4 = self.down4(x2)
        x8 = self.down8(x4)
        x16 = self.down16(x8)
        x32 = self.context32(self.down32(x16))
        y16 = functional.relu(x16 + enlarge(self.lateral16(x32), x16))
        y16 = self.context16(self.up16(y16))
        y8 = self.up8(functional.relu(x8 + enlarge(self.lateral8(y16), x8)))
        return self.up4(functional.relu(self.skip4(x4) + enlarge(self.lateral4(y8), x4)))

    def forward(self, lightness: Tensor) -> Tensor:
        """Return logits (n, Q, h/4, w/4) of inner pictures (n, 1, h, w), L* in 0 … 100."""
        return self.head(self.features(lightness))


def annealed_mean(logits: Tensor, bins: Tensor, temperature: float) -> Tensor:
    """Return ab (n, 2, h, w): the mean of the bins (Q, 2) after softmax at a temperature."""
    probability = torch.softmax(logits / temperature, 1)
    return functional.conv2d(probability, bins.t()[:, :, None, None])


class Colorizer(nn.Module):
    """The network as the product runs it: L (n, 1, h, w) → ab (n, 2, h/4, w/4).

    ``inner_scale`` is the side of the picture inside over that of the input.
    """

    def __init__(
        self,
        network: ColourNetwork,
        bins: Tensor,
        bias: Tensor,
        temperature: float,
        chroma_scale: float,
        inner_scale: float,
    ):
        super().__init__()
        self.network = network
        self.temperature = temperature
        self.inner_scale = inner_scale
        self.register_buffer("bins", bins * chroma_scale)
        self.register_buffer("bias", bias[None, :, None, None])

    def forward(self, lightness: Tensor) -> Tensor:
        """Return a*, b* of lightness pictures whose sides are multiples of 32."""
        inner = functional.interpolate(lightness, scale_factor=self.inner_scale, mode="bilinear")
        ab = annealed_mean(self.network(inner) + self.bias, self.bins, self.temperature)
        size = (lightness.shape[2] // OUTPUT_STRIDE, lightness.shape[3] // OUTPUT_STRIDE)
        return functional.interpolate(ab, size=size, mode="bilinear")
