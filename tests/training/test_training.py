from dataclasses import replace

import numpy as np
import pytest
import torch

from training.batches import Batches, Photographs, batches, make_batch
from training.optim import orthogonalized
from training.prepare import prepare
from training.settings import Settings
from training.train import Course, Run, rate_at, train


def test_a_mirrored_copy_of_a_dev_picture_is_dropped(tiny: Settings):
    prepare(tiny)
    dropped = (tiny.paths.work / "duplicates.txt").read_text(encoding="utf-8")
    assert dropped == "made/03.png\n"


def test_a_step_always_gets_the_same_batch(tiny: Settings):
    prepare(tiny)
    photographs = Photographs(tiny.paths.work, held_out=False)
    first, second = (make_batch(photographs, 7, 2, 2, 32) for _ in range(2))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert first[1].shape == (2, 8, 8, 2)


def test_an_interrupted_run_ends_with_the_weights_of_a_whole_one(
    tiny: Settings, monkeypatch: pytest.MonkeyPatch
):
    prepare(tiny)
    train(tiny)
    whole = torch.load(tiny.paths.work / "short.pt", weights_only=True)
    for name in ("short.pt", "checkpoint.pt"):
        (tiny.paths.work / name).unlink()

    often = replace(tiny, train=replace(tiny.train, checkpoint_minutes=0))
    written = Run.checkpoint

    def pull_the_plug(run: Run, stage: int, step: int, elapsed: float) -> None:
        written(run, stage, step, elapsed)
        if step == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "checkpoint", pull_the_plug)
        with pytest.raises(KeyboardInterrupt):
            train(often)
    train(tiny)
    resumed = torch.load(tiny.paths.work / "short.pt", weights_only=True)
    for name, value in whole.items():
        assert torch.equal(value, resumed[name]), name


def test_the_learning_rate_warms_up_and_falls_to_one_percent(tiny: Settings):
    stage = replace(tiny.train.stages[0], warm_up=100)
    assert rate_at(0, 0.0, stage) < 0.02
    assert rate_at(100, 0.1, stage) > 0.95
    assert rate_at(999, 0.999, stage) < 0.02


def test_batches_of_other_processes_are_those_made_here(tiny: Settings):
    prepare(tiny)
    made = Batches(Photographs(tiny.paths.work, held_out=False), 7, 2)
    plan = [(0, 32), (1, 32), (2, 64)]
    for (step, size), (lightness, ab) in zip(plan, batches(made, plan, 2, False), strict=True):
        here = make_batch(made.photographs, 7, step, 2, size)
        assert torch.equal(lightness, here[0])
        assert torch.equal(ab, here[1])


def test_a_stage_of_minutes_follows_the_clock(tiny: Settings, monkeypatch: pytest.MonkeyPatch):
    now = 50.0
    monkeypatch.setattr("training.train.time.monotonic", lambda: now)
    stage = replace(tiny.train.stages[0], steps=None, minutes=2.0, sizes=((0, 32), (0.5, 64)))
    plan = Course(stage, elapsed=20.0).plan(7)
    assert next(plan) == (7, 32)
    now += 40.0
    assert next(plan) == (8, 64)
    now += 60.0
    assert list(plan) == []


@pytest.mark.parametrize("shape", [(8, 40), (40, 8)])
def test_orthogonalized_brings_all_singular_values_near_one(shape: tuple[int, int]):
    matrix = torch.tensor(np.random.default_rng(0).normal(size=shape), dtype=torch.float32)
    singular = torch.linalg.svdvals(orthogonalized(matrix))
    assert singular.min() > 0.5
    assert singular.max() < 1.5
