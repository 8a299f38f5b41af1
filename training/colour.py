"""CIE Lab of sRGB pictures, the ab bins of the sRGB gamut and their soft-encoding.

The bins follow Zhang et al. 2016: a grid of 10 over the ab plane, those in the sRGB gamut kept.
Pictures are uint8 (H, W, 3) in OpenCV's order B, G, R; ab and L are float32 in CIE units.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch

BIN_STEP = 10
NEIGHBOURS = 5
SOFT_SIGMA = 5.0
TABLE_STEP = 2
TABLE_LIMIT = 110


def lightness_table() -> np.ndarray:
    """Return L* (0 … 100) of the 256 grey levels, float32."""
    levels = np.repeat(np.arange(256, dtype=np.float32)[None, :, None] / 255, 3, axis=2)
    return cv2.cvtColor(levels, cv2.COLOR_BGR2LAB)[0, :, 0]


LIGHTNESS = lightness_table()


def ab_of(picture: np.ndarray) -> np.ndarray:
    """Return a*, b* of a BGR picture, float32 (H, W, 2)."""
    return cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)[..., 1:]


def gamut_bins() -> np.ndarray:
    """Return the centres of the ab bins that sRGB reaches, float32 (Q, 2), sorted by a, then b."""
    levels = np.unique(np.append(np.arange(0, 256, 3, dtype=np.float32), 255)) / 255
    cube = np.stack(np.meshgrid(levels, levels, levels, indexing="ij"), -1)
    lab = cv2.cvtColor(cube.reshape(1, -1, 3).astype(np.float32), cv2.COLOR_RGB2LAB)[0]
    cells = np.unique(np.round(lab[:, 1:] / BIN_STEP).astype(int), axis=0)
    return (cells * BIN_STEP).astype(np.float32)


@dataclass(frozen=True)
class SoftEncoder:
    """Looks up the nearest bins of ab values and their Gaussian weights.

    A table over ab in steps of 2 replaces the search: its error is far below the bin width.
    """

    nearest: torch.Tensor
    weights: torch.Tensor

    @classmethod
    def build(cls, bins: torch.Tensor) -> SoftEncoder:
        """Make the table for bin centres (Q, 2)."""
        axis = torch.arange(-TABLE_LIMIT, TABLE_LIMIT + 1, TABLE_STEP, dtype=torch.float32)
        points = torch.cartesian_prod(axis, axis)
        squared = (points[:, None] - bins[None]).square().sum(-1)
        distance, nearest = squared.topk(NEIGHBOURS, largest=False)
        weights = torch.exp(-distance / (2 * SOFT_SIGMA**2))
        return cls(nearest, weights / weights.sum(1, keepdim=True))

    def to(self, device: torch.device) -> SoftEncoder:
        """Return the encoder with its tables on ``device``."""
        return SoftEncoder(self.nearest.to(device), self.weights.to(device))

    def __call__(self, ab: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return bin indices and weights, each (…, 5), for ab values (…, 2)."""
        cell = ((ab.clamp(-TABLE_LIMIT, TABLE_LIMIT) + TABLE_LIMIT) / TABLE_STEP).round().long()
        side = 2 * TABLE_LIMIT // TABLE_STEP + 1
        entry = cell[..., 0] * side + cell[..., 1]
        return self.nearest[entry], self.weights[entry]


def rebalancing_weights(prior: torch.Tensor, mix: float) -> torch.Tensor:
    """Return class weights 1 / ((1 − λ) prior + λ / Q), scaled to a mean of 1 under the prior."""
    weights = 1 / ((1 - mix) * prior + mix / len(prior))
    return weights / (prior * weights).sum()
