"""Chooses how the distribution over bins is decoded, on held-out training pictures.

Prints AuC plain and rebalanced, mean squared ab error and mean chroma over the truth's for every
temperature, power of bin rarity and chroma scale, the most promising last.
"""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import torch

from training.batches import Photographs, clean_sample, stack
from training.export import load_colorizer
from training.measures import auc, rarity_grid
from training.network import annealed_mean
from training.settings import Settings

TEMPERATURES = (0.6, 0.75, 0.9, 1.05)
RARITY_POWERS = (-0.15, 0.0, 0.15, 0.3)
CHROMA_SCALES = (0.8, 0.9, 1.0, 1.1)
SIZE = 128


@torch.no_grad()
def sweep(settings: Settings) -> None:
    """Print the table, sorted by the sum of both AuC."""
    cv2.setNumThreads(1)
    torch.set_num_threads(settings.train.threads)
    last = settings.paths.work / f"{settings.train.stages[-1].name}.pt"
    colorizer = load_colorizer(settings, last)
    prior = torch.tensor(np.load(settings.paths.work / "prior.npy")).clamp_min(1e-5)
    bins = torch.tensor(np.load(settings.paths.work / "bins.npy"))
    photographs = Photographs(settings.paths.work, held_out=True)
    samples = [clean_sample(photographs[i], SIZE) for i in range(len(photographs))]
    lightness, truth = stack(samples)
    logits = torch.cat([colorizer.network(part) for part in lightness.split(32)])
    truths = list(truth.numpy())
    rarity = rarity_grid(truths)
    rows = []
    for temperature, power in itertools.product(TEMPERATURES, RARITY_POWERS):
        bias = -power * prior.log()[None, :, None, None]
        ab = annealed_mean(logits + bias, bins, temperature).permute(0, 2, 3, 1).numpy()
        for scale in CHROMA_SCALES:
            plain, rebalanced = auc(list(scale * ab), truths, rarity)
            error = np.square(scale * ab - truth.numpy()).sum(-1).mean()
            chroma = np.linalg.norm(scale * ab, axis=-1).mean()
            ratio = chroma / np.linalg.norm(truth.numpy(), axis=-1).mean()
            rows.append((plain, rebalanced, error, ratio, temperature, power, scale))
    print("AuC  rebalanced  squared error  chroma ratio | temperature  rarity power  chroma scale")
    for row in sorted(rows, key=lambda row: row[0] + row[1]):
        print("{:.2f}  {:.2f}  {:.0f}  {:.2f} | {:.2f}  {:.2f}  {:.2f}".format(*row))
