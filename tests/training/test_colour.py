import numpy as np
import pytest
import torch

from training.colour import LIGHTNESS, SoftEncoder, gamut_bins, rebalancing_weights


def test_lightness_runs_from_black_to_white():
    assert LIGHTNESS[0] == 0
    assert LIGHTNESS[255] == pytest.approx(100, abs=0.01)
    assert (np.diff(LIGHTNESS) > 0).all()


def test_the_gamut_has_the_neutral_bin_and_no_colour_beyond_srgb():
    bins = gamut_bins()
    assert [0, 0] in bins.tolist()
    assert [100, -100] not in bins.tolist()


def test_soft_encoding_gives_the_colour_back():
    bins = torch.tensor(gamut_bins())
    ab = torch.tensor([[0.0, 0.0], [23.0, 31.0], [-14.0, 6.0]])
    nearest, weights = SoftEncoder.build(bins)(ab)
    assert torch.allclose(weights.sum(-1), torch.ones(3))
    decoded = (bins[nearest] * weights[..., None]).sum(1)
    assert (decoded - ab).norm(dim=-1).max() < 4


def test_rebalancing_favours_rare_bins_and_keeps_the_mean_at_one():
    prior = torch.tensor([0.9, 0.09, 0.01])
    weights = rebalancing_weights(prior, 0.5)
    assert weights[0] < weights[1] < weights[2]
    assert (prior * weights).sum() == pytest.approx(1)
