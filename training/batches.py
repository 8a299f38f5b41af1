"""Training batches from the prepared arrays: a fixed seed and step give a fixed batch."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from training.augment import old_grey
from training.colour import LIGHTNESS, ab_of
from training.network import OUTPUT_STRIDE

CROP_RANGE = (0.65, 1.0)
QUEUE_LENGTH = 6


class Photographs:
    """The prepared pictures, read through a memory map."""

    def __init__(self, work: Path, held_out: bool):
        rows = np.load(work / "index.npy")
        self.rows = rows[rows[:, 3] == int(held_out)]
        self.pixels = np.memmap(work / "pictures.bin", np.uint8, "r")

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> np.ndarray:
        """Return one picture, uint8 (H, W, 3), B, G, R."""
        offset, height, width, _ = self.rows[index]
        return self.pixels[offset : offset + height * width * 3].reshape(height, width, 3)


def resized_square(picture: np.ndarray, top: int, left: int, side: int, size: int) -> np.ndarray:
    """Cut a square out of a picture and bring it to ``size`` × ``size``."""
    square = np.ascontiguousarray(picture[top : top + side, left : left + side])
    how = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(square, (size, size), interpolation=how)


def training_sample(
    picture: np.ndarray, size: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a worn L* (size, size) and the true ab (size/4, size/4, 2) of a random crop."""
    height, width = picture.shape[:2]
    side = int(min(height, width) * rng.uniform(*CROP_RANGE))
    top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
    crop = resized_square(picture, top, left, side, size)
    if rng.random() < 0.5:
        crop = np.ascontiguousarray(crop[:, ::-1])
    grid = (size // OUTPUT_STRIDE, size // OUTPUT_STRIDE)
    ab = cv2.resize(ab_of(crop), grid, interpolation=cv2.INTER_AREA)
    grey, ab = old_grey(crop, ab, rng)
    return LIGHTNESS[grey], ab


def clean_sample(picture: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return L* of the clean grey central square and its true ab, as for measuring."""
    height, width = picture.shape[:2]
    side = min(height, width)
    crop = resized_square(picture, (height - side) // 2, (width - side) // 2, side, size)
    grid = (size // OUTPUT_STRIDE, size // OUTPUT_STRIDE)
    ab = cv2.resize(ab_of(crop), grid, interpolation=cv2.INTER_AREA)
    return LIGHTNESS[cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)], ab


def stack(samples: list[tuple[np.ndarray, np.ndarray]]) -> tuple[Tensor, Tensor]:
    """Return L (n, 1, h, w) and ab (n, h/4, w/4, 2) tensors."""
    lightness = torch.from_numpy(np.stack([lightness for lightness, _ in samples]))
    return lightness[:, None], torch.from_numpy(np.stack([ab for _, ab in samples]))


def make_batch(
    photographs: Photographs, seed: int, step: int, batch: int, size: int
) -> tuple[Tensor, Tensor]:
    """Return the batch of a step; pictures are drawn without repeats inside an epoch."""
    rng = np.random.default_rng((seed, step))
    per_epoch = len(photographs) // batch
    epoch, place = divmod(step, per_epoch)
    order = np.random.default_rng((seed, 1, epoch)).permutation(len(photographs))
    chosen = order[place * batch : (place + 1) * batch]
    return stack([training_sample(photographs[int(i)], size, rng) for i in chosen])


def batches(
    make: Callable[[int], tuple[Tensor, Tensor]], first: int, last: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield ``make(step)`` for steps first … last − 1, made ahead in a second thread."""
    ready: queue.Queue[tuple[Tensor, Tensor]] = queue.Queue(QUEUE_LENGTH)

    def work() -> None:
        for step in range(first, last):
            ready.put(make(step))

    threading.Thread(target=work, daemon=True).start()
    for _ in range(first, last):
        yield ready.get()
