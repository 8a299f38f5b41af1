"""Training batches from the prepared arrays: a fixed seed and step give a fixed batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from training.augment import old_grey
from training.colour import LIGHTNESS, ab_of
from training.network import OUTPUT_STRIDE

CROP_RANGE = (0.65, 1.0)
BATCHES_AHEAD = 4
"""Batches that each process makes ahead."""


class Photographs:
    """The prepared pictures, read through a memory map."""

    def __init__(self, work: Path, held_out: bool):
        self.source = work, held_out
        rows = np.load(work / "index.npy")
        self.rows = rows[rows[:, 3] == int(held_out)]
        self.pixels = np.memmap(work / "pictures.bin", np.uint8, "r")

    def __reduce__(self) -> tuple:
        """Travel to another process as a path: a pickled memory map would be all the pixels."""
        return Photographs, self.source

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


@lru_cache(maxsize=2)
def epoch_order(seed: int, epoch: int, count: int) -> np.ndarray:
    """Return the order in which an epoch takes ``count`` pictures."""
    return np.random.default_rng((seed, 1, epoch)).permutation(count)


def make_batch(
    photographs: Photographs, seed: int, step: int, batch: int, size: int
) -> tuple[Tensor, Tensor]:
    """Return the batch of a step; pictures are drawn without repeats inside an epoch."""
    rng = np.random.default_rng((seed, step))
    per_epoch = len(photographs) // batch
    epoch, place = divmod(step, per_epoch)
    order = epoch_order(seed, epoch, len(photographs))
    chosen = order[place * batch : (place + 1) * batch]
    return stack([training_sample(photographs[int(i)], size, rng) for i in chosen])


class Batches(Dataset):
    """The batches of a run by their step and picture size."""

    def __init__(self, photographs: Photographs, seed: int, batch: int):
        self.photographs, self.seed, self.batch = photographs, seed, batch

    def __getitem__(self, step_and_size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Return L (n, 1, h, w) and ab (n, h/4, w/4, 2)."""
        return make_batch(
            self.photographs, self.seed, step_and_size[0], self.batch, step_and_size[1]
        )


def batches(
    made: Batches, plan: Iterable[tuple[int, int]], processes: int, pinned: bool
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the batch of every step and size of ``plan``, made ahead in other processes.

    ``plan`` is only read as far ahead as batches are made. Without processes they are made here;
    ``pinned`` memory travels to a GPU beside the computing.
    """
    loader = DataLoader(
        made,
        batch_size=None,
        sampler=plan,
        num_workers=processes,
        prefetch_factor=BATCHES_AHEAD if processes else None,
        worker_init_fn=one_thread,
        pin_memory=pinned,
    )
    yield from loader


def one_thread(_process: int) -> None:
    """Keep OpenCV from starting threads in every process."""
    cv2.setNumThreads(1)
