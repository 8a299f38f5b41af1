"""The colour network: an EfficientNet-Lite0 encoder over lightness and a small decoder.

The encoder is that of EfficientNet-Lite0 (Tan and Le 2019; the Lite variants have ReLU6 and no
squeeze-and-excite, so that they stay exact in int8), with one input channel and without its
classifier: it comes with what it learned from ImageNet (``pretrained.py``). The decoder climbs back
to a quarter of the picture's size and gives a distribution over the ab bins.
"""

from __future__ import annotations

from fractions import Fraction

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.settings import Network

OUTPUT_STRIDE = 4
SMOOTHING = (1.0, 4.0, 6.0, 4.0, 1.0)
"""Binomial filter over the picture that the product gives, in each direction."""

STEM_CHANNELS = 32
ENCODER = (
    # (expansion, channels, kernel, stride, blocks)
    (1, 16, 3, 1, 1),
    (6, 24, 3, 2, 2),
    (6, 40, 5, 2, 2),
    (6, 80, 3, 2, 3),
    (6, 112, 5, 1, 3),
    (6, 192, 5, 2, 4),
    (6, 320, 3, 1, 1),
)
"""The stages of EfficientNet-Lite0."""
SKIPS = (1, 2, 4, 6)
"""Stages whose output the decoder sees: at 1/4, 1/8, 1/16 and 1/32."""
NORM = {"eps": 1e-3}
"""Of the encoder's norms, as they were trained."""


class ConvNorm(nn.Sequential):
    """Convolution and batch normalization."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, **norm: float):
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs, **norm),
        )


class DepthwiseNorm(nn.Sequential):
    """Convolution of each channel by itself, and batch normalization.

    On a CPU it is trained in float32: its gradients take five times longer in bfloat16 there.
    """

    def __init__(self, channels: int, kernel: int, stride: int, **norm: float):
        super().__init__(
            nn.Conv2d(channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False),
            nn.BatchNorm2d(channels, **norm),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, channels, h / stride, w / stride)."""
        if x.device.type != "cpu":
            return super().forward(x)
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.float())


class InvertedResidual(nn.Module):
    """1×1 to more channels, a convolution of each channel by itself, 1×1 back."""

    def __init__(self, inputs: int, outputs: int, expansion: int, kernel: int, stride: int):
        super().__init__()
        inner = inputs * expansion
        self.expand = ConvNorm(inputs, inner, 1, **NORM) if expansion > 1 else nn.Identity()
        self.depthwise = DepthwiseNorm(inner, kernel, stride, **NORM)
        self.project = ConvNorm(inner, outputs, 1, **NORM)
        self.expands = expansion > 1
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, outputs, h / stride, w / stride)."""
        y = functional.relu6(self.expand(x)) if self.expands else x
        y = self.project(functional.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class Residual(nn.Module):
    """Bottleneck of the decoder: 1×1 to half the channels, 3×3, 1×1 back, added to the input."""

    def __init__(self, channels: int):
        super().__init__()
        half = channels // 2
        self.reduce = ConvNorm(channels, half, 1)
        self.mix = ConvNorm(half, half, 3)
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


class Up(nn.Module):
    """Decoder stage: twice the height and width, the encoder's features added, then blocks."""

    def __init__(self, inputs: int, skipped: int, outputs: int, blocks: int):
        super().__init__()
        self.lateral = ConvNorm(inputs, outputs, 1)
        self.skip = ConvNorm(skipped, outputs, 1)
        self.blocks = nn.Sequential(*(Residual(outputs) for _ in range(blocks)))

    def forward(self, x: Tensor, skipped: Tensor) -> Tensor:
        """Return (n, outputs, 2h, 2w) of ``x`` (n, inputs, h, w)."""
        larger = functional.interpolate(self.lateral(x), size=skipped.shape[2:], mode="nearest")
        return self.blocks(functional.relu(larger + self.skip(skipped)))


class ColourNetwork(nn.Module):
    """Lightness → logits over the ab bins at a quarter of the inner picture."""

    def __init__(self, bins: int, layout: Network):
        super().__init__()
        self.stem = ConvNorm(1, STEM_CHANNELS, 3, stride=2, **NORM)
        inputs, stages = STEM_CHANNELS, []
        for expansion, outputs, kernel, stride, count in ENCODER:
            shapes = [(inputs, stride)] + [(outputs, 1)] * (count - 1)
            stages.append(
                nn.Sequential(
                    *(InvertedResidual(i, outputs, expansion, kernel, s) for i, s in shapes)
                )
            )
            inputs = outputs
        self.encoder = nn.ModuleList(stages)
        x4, x8, x16, x32 = (ENCODER[stage][1] for stage in SKIPS)
        w4, w8, w16, w32 = layout.widths
        b4, b8, b16 = layout.blocks
        self.enter = ConvNorm(x32, w32, 1)
        self.context32 = Context(w32)
        self.up16 = Up(w32, x16, w16, b16)
        self.context16 = Context(w16)
        self.up8 = Up(w16, x8, w8, b8)
        self.up4 = Up(w8, x4, w4, b4)
        self.head = nn.Conv2d(w4, bins, 1)
        first = layout.frozen_stages
        self.frozen = [self.stem, *self.encoder[:first]] if first else []
        for stage in self.frozen:
            stage.requires_grad_(False)

    def train(self, mode: bool = True) -> ColourNetwork:
        """Set the mode; the norms of the frozen stages keep their statistics."""
        super().train(mode)
        for stage in self.frozen:
            stage.eval()
        return self

    def features(self, lightness: Tensor) -> Tensor:
        """Return (n, w4, h/4, w/4) features of inner pictures (n, 1, h, w), L* in 0 … 100."""
        x = functional.relu6(self.stem((lightness - 50) / 50))
        kept = []
        for stage in self.encoder:
            x = stage(x)
            kept.append(x)
        x4, x8, x16, x32 = (kept[stage] for stage in SKIPS)
        y = self.context32(functional.relu(self.enter(x32)))
        y = self.context16(self.up16(y, x16))
        return self.up4(self.up8(y, x8), x4)

    def forward(self, lightness: Tensor) -> Tensor:
        """Return logits (n, Q, h/4, w/4) of inner pictures (n, 1, h, w), L* in 0 … 100."""
        return self.head(self.features(lightness))


def annealed_mean(logits: Tensor, bins: Tensor, temperature: float | Tensor) -> Tensor:
    """Return ab (n, 2, h, w): the mean of the bins (Q, 2) after softmax at a temperature.

    Softmax's sum is a third mean's: one pass in the order in which processors keep pictures, where
    their softmax wants another.
    """
    weights = ((logits - logits.amax(1, keepdim=True)) / temperature).exp()
    columns = torch.cat([bins.t(), bins.new_ones(1, len(bins))])
    sums = functional.conv2d(weights, columns[:, :, None, None])
    return sums[:, :2] / sums[:, 2:]


def shrinking_filter(share: Fraction) -> Tensor:
    """Return the filters (p², 1, q + 4, q + 4) that smooth a picture and shrink it to p/q.

    Each q x q pixels, with `SMOOTHING` around them, become p x p, one filter for each of these,
    row by row: linear interpolation between the middles of pixels.
    """
    new, old = share.numerator, share.denominator
    middles = (torch.arange(new) + 0.5) * old / new - 0.5
    linear = (1 - (middles[:, None] - torch.arange(old)).abs()).clamp_min(0)
    binomial = torch.tensor(SMOOTHING) / sum(SMOOTHING)
    rows = functional.conv1d(
        linear[:, None], binomial[None, None], padding=len(SMOOTHING) - 1
    ).squeeze(1)
    return torch.einsum("ai,bj->abij", rows, rows).flatten(0, 1)[:, None]


class Colorizer(nn.Module):
    """The network as the product runs it: L (n, 1, h, w) → ab (n, 2, h/4, w/4).

    ``bias`` (Q,) is added to the logits at temperature 1; ``inner_scale``, some eighths, is the
    side of the picture inside over that of the input. The picture is smoothed first, so that grain
    changes the colours less (LOG.md, trial 11).
    """

    def __init__(
        self,
        network: ColourNetwork,
        bins: Tensor,
        bias: Tensor,
        chroma_scale: float,
        inner_scale: float,
    ):
        super().__init__()
        self.network = network
        if inner_scale not in [eighths / 8 for eighths in range(1, 9)]:
            raise ValueError(f"inner_scale is {inner_scale}; it must be a number of eighths")
        self.share = Fraction(inner_scale)
        self.register_buffer("shrinking", shrinking_filter(self.share))
        self.register_buffer("bins", bins * chroma_scale)
        self.register_buffer("bias", bias[None, :, None, None])

    def forward(self, lightness: Tensor, temperature: Tensor) -> Tensor:
        """Return a*, b* of lightness pictures whose sides are multiples of 32.

        ``temperature`` (1,) is that of the annealed mean: lower is more vivid.
        """
        margin = len(SMOOTHING) // 2
        padded = functional.pad(lightness, [margin] * 4, mode="replicate")
        inner = functional.conv2d(padded, self.shrinking, stride=self.share.denominator)
        if self.share.numerator > 1:
            inner = functional.pixel_shuffle(inner, self.share.numerator)
        ab = annealed_mean(self.network(inner) + self.bias, self.bins, temperature)
        if self.share == 1:
            return ab
        size = (lightness.shape[2] // OUTPUT_STRIDE, lightness.shape[3] // OUTPUT_STRIDE)
        return functional.interpolate(ab, size=size, mode="bilinear")
