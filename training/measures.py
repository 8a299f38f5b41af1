"""Measures of colour: AuC plain and rebalanced, colorfulness, PSNR.

AuC as in Zhang et al. 2016, table 1: the share of pixels whose ab lies within a distance t of the
truth, integrated over t = 0 … 150. Rebalanced: pixels weighted by 1 / prior of their true ab bin,
pictures by their sum of weights. ab is float32 (H, W, 2), averaged 4 × 4.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

THRESHOLDS = np.arange(151)
SMALLEST_PRIOR = 1e-5
GRID_STEP = 10
GRID_LIMIT = 11


def grid_cell(ab: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the row (a) and column (b) of the 23 × 23 grid for ab values (…, 2)."""
    cell = np.clip(np.round(ab / GRID_STEP).astype(int) + GRID_LIMIT, 0, 2 * GRID_LIMIT)
    return cell[..., 0], cell[..., 1]


def rarity_grid(truths: Sequence[np.ndarray]) -> np.ndarray:
    """Return 1 / prior of every ab grid cell (23, 23) over a set of true ab pictures."""
    side = 2 * GRID_LIMIT + 1
    counts = np.zeros((side, side))
    for ab in truths:
        np.add.at(counts, grid_cell(ab), 1)
    return 1 / np.maximum(counts / counts.sum(), SMALLEST_PRIOR)


def auc(
    guesses: Sequence[np.ndarray], truths: Sequence[np.ndarray], rarity: np.ndarray
) -> tuple[float, float]:
    """Return AuC in percent, plain and rebalanced."""
    plain, rebalanced, totals = [], [], []
    for guess, truth in zip(guesses, truths, strict=True):
        distance = np.sqrt(np.square(guess - truth).sum(-1)).ravel()
        weights = rarity[grid_cell(truth)].ravel()
        order = np.argsort(distance)
        within = np.searchsorted(distance[order], THRESHOLDS, side="right")
        plain.append(np.trapezoid(within / len(distance), THRESHOLDS) / THRESHOLDS[-1])
        reached = np.concatenate([[0.0], np.cumsum(weights[order])])
        share = reached[within] / reached[-1]
        rebalanced.append(np.trapezoid(share, THRESHOLDS) / THRESHOLDS[-1])
        totals.append(reached[-1])
    return 100 * float(np.mean(plain)), 100 * float(np.average(rebalanced, weights=totals))


def colorfulness(picture: np.ndarray) -> float:
    """Return the measure of Hasler and Süsstrunk 2003 (signed) of a BGR picture."""
    blue, green, red = cv2.split(picture.astype(np.float32))
    red_green, yellow_blue = red - green, (red + green) / 2 - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))
