"""The training loop: resumable, and the same for CPU and one GPU.

``checkpoint.pt`` in the work directory holds everything a run needs to go on: network, EMA,
optimizers, stage and step. Batches depend on the seed and the step alone, so an interrupted run
sees the same pictures as one that was not. The EMA of every finished stage stays as
``NAME.pt``.
"""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from training.batches import Photographs, batches, clean_sample, make_batch, stack
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
SETTLING_PICTURES = 256


def rate_at(step: int, stage: Stage) -> float:
    """Return the learning-rate factor: linear warm-up, then half a cosine down to 1 %."""
    warm = min(1.0, (step + 1) / max(1, stage.warm_up))
    cosine = 0.5 * (1 + np.cos(np.pi * step / stage.steps))
    return float(warm * (FINAL_RATE + (1 - FINAL_RATE) * cosine))


def size_at(step: int, stage: Stage) -> int:
    """Return the side of the inner pictures at a step."""
    return [size for start, size in stage.sizes if step >= start * stage.steps][-1]


def save(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint whole or not at all."""
    part = path.with_suffix(".part")
    torch.save(state, part)
    part.replace(path)


def update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Move the EMA towards the network's weights and statistics."""
    own = average.state_dict()
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.dtype.is_floating_point:
                own[name].lerp_(value, 1 - decay)
            else:
                own[name].copy_(value)


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
        self.check = [apart[i] for i in range(min(CHECK_PICTURES, len(apart)))]
        self.network = ColourNetwork(len(self.bins), settings.network)
        self.first_stage, self.first_step = 0, 0
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
            print(f"resumed at stage {self.first_stage}, step {self.first_step}", flush=True)
        elif self.settings.train.warm_start == IMAGENET:
            load_imagenet(self.network)
        elif self.settings.train.warm_start:
            rng = np.random.default_rng(self.settings.train.seed)
            chosen = rng.choice(len(self.photographs), SETTLING_PICTURES, replace=False)
            samples = [clean_sample(self.photographs[int(i)], 128) for i in chosen]
            path = Path(self.settings.train.warm_start)
            warm_start(self.network, path, stack(samples)[0])
        self.network.to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.network).eval()
        if self.resumed:
            self.average.load_state_dict(self.resumed["average"])

    def checkpoint(self, stage: int, step: int) -> None:
        """Write the state from which ``step`` of ``stage`` is the next."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "stage": stage,
            "step": step,
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
        lightness = lightness.to(self.device, memory_format=torch.channels_last)
        kind, enabled = self.device.type, self.settings.train.bfloat16
        with torch.autocast(kind, torch.bfloat16, enabled=enabled):
            return network.head(network.features(lightness)[:, :, ::every])

    def update(self, lightness: Tensor, ab: Tensor, loss: ColourLoss, factor: float) -> float:
        """Take one optimizer step and return the loss, taken on every second row of pixels."""
        logits = self.forward(self.network, lightness, every=2)
        value = loss(logits, ab[:, ::2].to(self.device))
        self.network.zero_grad(set_to_none=True)
        value.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_LIMIT)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["full_rate"] * factor
            optimizer.step()
        return value.item()

    @torch.no_grad()
    def held_out_auc(self, size: int = 128) -> tuple[float, float]:
        """Return AuC plain and rebalanced of the EMA on clean held-out pictures."""
        guesses, truths = [], []
        for first in range(0, len(self.check), 50):
            samples = [clean_sample(p, size) for p in self.check[first : first + 50]]
            lightness, ab = stack(samples)
            logits = self.forward(self.average, lightness).float()
            decoded = annealed_mean(logits, self.bins, self.settings.export.temperature)
            guesses.extend(decoded.permute(0, 2, 3, 1).cpu().numpy())
            truths.extend(ab.numpy())
        return auc(guesses, truths, rarity_grid(truths))

    def train_stage(self, number: int, stage: Stage) -> None:
        """Run a stage from its first step, or from where it was interrupted, to its end."""
        train = self.settings.train
        temperature = self.settings.export.temperature
        loss = ColourLoss(self.bins, self.prior, train.rebalance_lambda, temperature, stage)
        first = self.first_step if number == self.first_stage else 0
        self.prepare_stage(stage)
        self.network.train()
        seed = train.seed + number

        def make(step: int) -> tuple[Tensor, Tensor]:
            return make_batch(self.photographs, seed, step, stage.batch, size_at(step, stage))

        began = saved = time.monotonic()
        smooth = None
        for step, (lightness, ab) in enumerate(batches(make, first, stage.steps), first):
            value = self.update(lightness, ab, loss, rate_at(step, stage))
            decay = min(train.ema_decay, (step + 1) / (step + 10))
            update_average(self.average, self.network, decay)
            smooth = value if smooth is None else 0.98 * smooth + 0.02 * value
            now = time.monotonic()
            if (step + 1) % LOG_EVERY == 0:
                speed = (step + 1 - first) * stage.batch / (now - began)
                place = f"{stage.name} {step + 1}/{stage.steps}"
                print(f"{place} loss {smooth:.4f} {speed:.1f} img/s", flush=True)
            if now - saved > 60 * train.checkpoint_minutes:
                self.checkpoint(number, step + 1)
                plain, rebalanced = self.held_out_auc()
                print(f"  held out: AuC {plain:.2f} rebalanced {rebalanced:.2f}", flush=True)
                saved = now
        self.network.load_state_dict(self.average.state_dict())
        save(self.work / f"{stage.name}.pt", self.average.state_dict())
        self.resumed = None
        self.checkpoint(number + 1, 0)
        plain, rebalanced = self.held_out_auc()
        print(
            f"{stage.name} done; held out: AuC {plain:.2f} rebalanced {rebalanced:.2f}", flush=True
        )


def train(settings: Settings) -> None:
    """Run all stages that are not finished."""
    cv2.setNumThreads(1)
    torch.set_num_threads(settings.train.threads)
    torch.manual_seed(settings.train.seed)
    run = Run(settings)
    plain, rebalanced = run.held_out_auc()
    print(f"at the start; held out: AuC {plain:.2f} rebalanced {rebalanced:.2f}", flush=True)
    for number, stage in enumerate(settings.train.stages):
        if number >= run.first_stage:
            run.train_stage(number, stage)
