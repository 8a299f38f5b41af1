"""The training loop: resumable, and the same for CPU and one GPU.

``checkpoint.pt`` in the work directory holds everything a run needs to go on: network, EMA,
optimizers, stage and step. Batches depend on the seed and the step alone, so an interrupted run
sees the same pictures as one that was not. A stage that is given minutes ends with them, however
fast the machine is: its rates and sizes follow the clock. The EMA of every finished stage stays as
``NAME.pt``.
"""

from __future__ import annotations

import copy
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from training.batches import Batches, Photographs, batches, clean_sample, stack
from training.loss import ColourLoss
from training.measures import auc, rarity_grid
from training.network import ColourNetwork, annealed_mean
from training.optim import make_optimizers
from training.pretrained import IMAGENET, load_imagenet
from training.settings import Settings, Stage
from training.warmstart import warm_start

LOG_EVERY = 25
FINAL_RATE = 0.01
GRADIENT_LIMIT = 1.0
CHECK_PICTURES = 300
CHECK_SIZE = 128
CHECK_BATCH = 50
SETTLING_PICTURES = 256


def rate_at(step: int, progress: float, stage: Stage) -> float:
    """Return the learning-rate factor: linear warm-up, then half a cosine down to 1 %."""
    warm = min(1.0, (step + 1) / max(1, stage.warm_up))
    cosine = 0.5 * (1 + np.cos(np.pi * progress))
    return float(warm * (FINAL_RATE + (1 - FINAL_RATE) * cosine))


class Course:
    """How far a stage has come, by its steps or by the clock; ``elapsed`` seconds came before."""

    def __init__(self, stage: Stage, elapsed: float):
        self.stage = stage
        self.began = time.monotonic() - elapsed

    @property
    def elapsed(self) -> float:
        """Return the seconds that the stage has taken so far."""
        return time.monotonic() - self.began

    def progress(self, step: int) -> float:
        """Return 0 at the beginning of the stage, 1 at its end."""
        if self.stage.steps is not None:
            return step / self.stage.steps
        return min(1.0, self.elapsed / (60 * self.stage.minutes))

    def plan(self, first: int) -> Iterator[tuple[int, int]]:
        """Yield the steps from ``first`` on and the side of their pictures."""
        for step in itertools.count(first):
            progress = self.progress(step)
            if progress >= 1:
                return
            yield step, [size for start, size in self.stage.sizes if progress >= start][-1]


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint whole or not at all."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def floating(module: nn.Module) -> list[Tensor]:
    """Return the weights and statistics of a network, without its counters."""
    return [value for value in module.state_dict().values() if value.is_floating_point()]


class Run:
    """The state of one training run."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.work = settings.paths.work
        self.device = torch.device(settings.train.device)
        self.bins = torch.tensor(np.load(self.work / "bins.npy"), device=self.device)
        self.prior = torch.tensor(np.load(self.work / "prior.npy"), device=self.device)
        self.photographs = Photographs(self.work, held_out=False)
        apart = Photographs(self.work, held_out=True)
        chosen = range(min(CHECK_PICTURES, len(apart)))
        self.check = stack([clean_sample(apart[i], CHECK_SIZE) for i in chosen])
        self.network = ColourNetwork(len(self.bins), settings.network)
        self.first_stage, self.first_step, self.elapsed = 0, 0, 0.0
        self.optimizers: list[torch.optim.Optimizer] = []
        self.resumed: dict[str, Any] | None = None
        self._start()

    def _start(self) -> None:
        """Load the last checkpoint, or start from ImageNet, an exported model or random weights."""
        checkpoint = self.work / "checkpoint.pt"
        if checkpoint.exists():
            self.resumed = torch.load(checkpoint, map_location="cpu", weights_only=True)
            self.network.load_state_dict(self.resumed["network"])
            self.first_stage, self.first_step = self.resumed["stage"], self.resumed["step"]
            self.elapsed = self.resumed["elapsed"]
            print(f"resumed at stage {self.first_stage}, step {self.first_step}", flush=True)
        elif self.settings.train.warm_start == IMAGENET:
            load_imagenet(self.network)
        elif self.settings.train.warm_start:
            rng = np.random.default_rng(self.settings.train.seed)
            chosen = rng.choice(len(self.photographs), SETTLING_PICTURES, replace=False)
            samples = [clean_sample(self.photographs[int(i)], CHECK_SIZE) for i in chosen]
            path = Path(self.settings.train.warm_start)
            warm_start(self.network, path, stack(samples)[0])
        self.network.to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).eval()
        if self.resumed:
            self.average.load_state_dict(self.resumed["average"])
        self.averaged, self.trained = floating(self.average), floating(self.network)

    def checkpoint(self, stage: int, step: int, elapsed: float) -> None:
        """Write the state from which ``step`` of ``stage`` is the next, after so many seconds."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "stage": stage,
            "step": step,
            "elapsed": elapsed,
        }
        save(self.work / "checkpoint.pt", state)

    def prepare_stage(self, stage: Stage) -> None:
        """Set up the optimizers of a stage, taking up their state if it was interrupted."""
        train = self.settings.train
        self.optimizers = make_optimizers(self.network, stage, train.weight_decay)
        if self.resumed and self.first_step:
            for optimizer, state in zip(self.optimizers, self.resumed["optimizers"], strict=True):
                rates = [group["full_rate"] for group in optimizer.param_groups]
                optimizer.load_state_dict(state)
                for group, rate in zip(optimizer.param_groups, rates, strict=True):
                    group["full_rate"] = rate  # the settings count, also where they changed since

    def forward(self, network: ColourNetwork, lightness: Tensor, every: int = 1) -> Tensor:
        """Return logits of every nth row, with products in bfloat16 if so configured."""
        lightness = lightness.to(self.device, memory_format=torch.channels_last, non_blocking=True)
        kind, enabled = self.device.type, self.settings.train.bfloat16
        with torch.autocast(kind, torch.bfloat16, enabled=enabled):
            return network.head(network.features(lightness)[:, :, ::every])

    def update(
        self, lightness: Tensor, ab: Tensor, loss: ColourLoss, factor: float, decay: float
    ) -> Tensor:
        """Take one step, move the average, return the loss, taken on every second row of pixels."""
        logits = self.forward(self.network, lightness, every=2)
        value = loss(logits, ab.to(self.device, non_blocking=True)[:, ::2])
        self.network.zero_grad(set_to_none=True)
        value.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_LIMIT)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["full_rate"] * factor
            optimizer.step()
        get_ema_multi_avg_fn(decay)(self.averaged, self.trained, None)
        return value.detach()

    @torch.no_grad()
    def held_out_auc(self) -> tuple[float, float]:
        """Return AuC plain and rebalanced of the EMA on clean held-out pictures."""
        lightness, ab = self.check
        guesses = []
        for part in lightness.split(CHECK_BATCH):
            logits = self.forward(self.average, part).float()
            decoded = annealed_mean(logits, self.bins, self.settings.export.temperature)
            guesses.extend(decoded.permute(0, 2, 3, 1).cpu().numpy())
        truths = list(ab.numpy())
        return auc(guesses, truths, rarity_grid(truths))

    def train_stage(self, number: int, stage: Stage) -> None:
        """Run a stage from its first step, or from where it was interrupted, to its end."""
        train = self.settings.train
        temperature = self.settings.export.temperature
        loss = ColourLoss(self.bins, self.prior, train.rebalance_lambda, temperature, stage)
        resumes = number == self.first_stage
        first, elapsed = (self.first_step, self.elapsed) if resumes else (0, 0.0)
        self.prepare_stage(stage)
        self.network.train()
        course = Course(stage, elapsed)
        made = Batches(self.photographs, train.seed + number, stage.batch)
        pinned = self.device.type == "cuda"
        began = saved = time.monotonic()
        smooth = None
        ready = batches(made, course.plan(first), train.processes, pinned)
        for step, (lightness, ab) in enumerate(ready, first):
            progress = course.progress(step)
            decay = min(train.ema_decay, (step + 1) / (step + 10))
            value = self.update(lightness, ab, loss, rate_at(step, progress, stage), decay)
            smooth = value if smooth is None else smooth.lerp(value, 0.02)
            if (step + 1) % LOG_EVERY == 0:
                loss_now = smooth.item()
                speed = (step + 1 - first) * stage.batch / (time.monotonic() - began)
                place = f"{stage.name} step {step + 1}, {100 * progress:.1f} %"
                print(f"{place}: loss {loss_now:.4f}, {speed:.1f} pictures/s", flush=True)
            if time.monotonic() - saved > 60 * train.checkpoint_minutes:
                self.checkpoint(number, step + 1, course.elapsed)
                plain, rebalanced = self.held_out_auc()
                print(f"  held out: AuC {plain:.2f} rebalanced {rebalanced:.2f}", flush=True)
                saved = time.monotonic()
        self.network.load_state_dict(self.average.state_dict())
        save(self.work / f"{stage.name}.pt", self.average.state_dict())
        self.resumed = None
        self.checkpoint(number + 1, 0, 0.0)
        plain, rebalanced = self.held_out_auc()
        print(
            f"{stage.name} done; held out: AuC {plain:.2f} rebalanced {rebalanced:.2f}", flush=True
        )


def train(settings: Settings) -> None:
    """Run all stages that are not finished."""
    cv2.setNumThreads(1)
    torch.backends.cudnn.benchmark = True
    torch.set_num_threads(settings.train.threads)
    torch.manual_seed(settings.train.seed)
    run = Run(settings)
    plain, rebalanced = run.held_out_auc()
    print(f"at the start; held out: AuC {plain:.2f} rebalanced {rebalanced:.2f}", flush=True)
    for number, stage in enumerate(settings.train.stages):
        if number >= run.first_stage:
            run.train_stage(number, stage)
