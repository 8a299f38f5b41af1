"""What training minimizes: rebalanced cross-entropy over ab bins, and distance in ab.

The entropy term is that of Zhang et al. 2016. The distance term is the quantity behind AuC, the
distance between the decoded and the true ab, as a mean over pixels plus, for rare colours, a mean
with weights 1 / prior.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from training.colour import SoftEncoder, rebalancing_weights
from training.settings import Stage

RAREST_PRIOR = 1e-4
DISTANCE_UNIT = 10.0
"""ab; one bin's width away costs 1."""


class ColourLoss:
    """Loss of logits (n, Q, h, w) against true ab (n, h, w, 2) for one training stage."""

    def __init__(self, bins: Tensor, prior: Tensor, mix: float, temperature: float, stage: Stage):
        self.bins = bins
        self.stage = stage
        self.temperature = temperature
        self.encoder = SoftEncoder.build(bins.cpu()).to(bins.device)
        self.class_weights = rebalancing_weights(prior, mix)
        rarity = 1 / prior.clamp_min(RAREST_PRIOR)
        self.rarity = rarity / (prior * rarity).sum()

    def __call__(self, logits: Tensor, ab: Tensor) -> Tensor:
        """Return the scalar loss."""
        logits = logits.float().permute(0, 2, 3, 1)
        nearest, soft = self.encoder(ab)
        true_bin = nearest[..., 0]
        loss = logits.new_zeros(())
        if self.stage.entropy_weight:
            picked = functional.log_softmax(logits, -1).gather(-1, nearest)
            entropy = -(picked * soft).sum(-1)
            loss = (
                loss + self.stage.entropy_weight * (entropy * self.class_weights[true_bin]).mean()
            )
        if self.stage.distance_weight:
            decoded = torch.softmax(logits / self.temperature, -1) @ self.bins
            distance = ((decoded - ab).square().sum(-1) + 1).sqrt() / DISTANCE_UNIT
            weights = 1 + self.stage.distance_rebalance * self.rarity[true_bin]
            loss = loss + self.stage.distance_weight * (distance * weights).mean()
        return loss
