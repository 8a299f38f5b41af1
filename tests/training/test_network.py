"""What the exported network does around the trained one, beside PyTorch's own operations."""

from fractions import Fraction

import pytest
import torch
from torch.nn import functional

from training.network import SMOOTHING, Colorizer, annealed_mean, shrinking_filter


@pytest.mark.parametrize("share", [Fraction(1), Fraction(3, 4), Fraction(1, 2), Fraction(5, 8)])
def test_the_filter_smooths_and_interpolates(share: Fraction):
    picture = torch.rand(2, 1, 32, 64)
    padded = functional.pad(picture, [2] * 4, mode="replicate")
    binomial = torch.tensor(SMOOTHING) / sum(SMOOTHING)
    smooth = functional.conv2d(padded, torch.outer(binomial, binomial)[None, None])
    expected = functional.interpolate(smooth, scale_factor=float(share), mode="bilinear")
    parts = functional.conv2d(padded, shrinking_filter(share), stride=share.denominator)
    found = functional.pixel_shuffle(parts, share.numerator)
    assert torch.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("temperature", [0.01, 0.85, 3.0])
def test_the_mean_is_that_after_softmax(temperature: float):
    logits, bins = 40 * torch.randn(2, 7, 3, 5), torch.randn(7, 2)
    probability = torch.softmax(logits / temperature, 1)
    expected = torch.einsum("nqhw,qc->nchw", probability, bins)
    assert torch.allclose(annealed_mean(logits, bins, temperature), expected, atol=1e-5)


def test_other_scales_than_eighths_are_refused():
    with pytest.raises(ValueError, match="eighths"):
        Colorizer(torch.nn.Identity(), torch.zeros(3, 2), torch.zeros(3), 1.0, 0.7)
