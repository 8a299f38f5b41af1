"""The one configuration file of the training, read into typed, checked settings."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import yaml


class SettingsError(ValueError):
    """The configuration file is wrong; the message says which key and what to write."""


@dataclass(frozen=True)
class Paths:
    """Where things are; relative paths count from the directory the command runs in."""

    train: tuple[Path, ...]
    dev: Path
    old: Path | None
    baseline: Path | None
    work: Path
    model: Path


@dataclass(frozen=True)
class Data:
    """What is kept of the photographs."""

    short_side: int
    held_out: int
    duplicate_bits: int


@dataclass(frozen=True)
class Network:
    """Channels and residual blocks of the decoder, and what of the encoder is not trained."""

    widths: tuple[int, int, int, int]
    blocks: tuple[int, int, int]
    frozen_stages: int


@dataclass(frozen=True)
class Stage:
    """One stretch of training with its own objective, picture sizes and learning rate.

    It ends after ``steps`` or after ``minutes``; the other one is None.
    """

    name: str
    steps: int | None
    minutes: float | None
    batch: int
    sizes: tuple[tuple[float, int], ...]
    encoder_rate: float
    muon_rate: float
    adam_rate: float
    warm_up: int
    entropy_weight: float
    distance_weight: float
    distance_rebalance: float


@dataclass(frozen=True)
class Train:
    """The training run: stages follow each other, each starting from the last one's EMA."""

    seed: int
    threads: int
    processes: int
    device: str
    bfloat16: bool
    warm_start: str | None
    rebalance_lambda: float
    ema_decay: float
    weight_decay: float
    checkpoint_minutes: float
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Export:
    """How the trained network is decoded and stored."""

    temperature: float
    rarity_power: float
    chroma_scale: float
    inner_scale: float
    calibration_pictures: int


@dataclass(frozen=True)
class Settings:
    """Everything in ``config.yaml``."""

    paths: Paths
    data: Data
    network: Network
    train: Train
    export: Export


Section = TypeVar("Section")


def _section(kind: type[Section], values: Any, where: str) -> Section:
    """Build a settings class from a mapping; unknown and missing keys are errors."""
    if not isinstance(values, dict):
        raise SettingsError(f"{where}: write a mapping of settings, not {values!r}")
    known = {field.name for field in fields(kind)}
    if unknown := sorted(set(values) - known):
        raise SettingsError(f"{where}: unknown key {unknown[0]}; known are {sorted(known)}")
    if missing := sorted(known - set(values)):
        raise SettingsError(f"{where}: the key {missing[0]} is missing")
    return kind(**values)


def _stage(values: dict[str, Any], where: str) -> Stage:
    stage = dict(values)
    stage["sizes"] = tuple((float(start), int(size)) for start, size in values.get("sizes", ()))
    if not stage["sizes"] or stage["sizes"][0][0] != 0:
        raise SettingsError(f"{where}.sizes: write [[0, 96], …], the first from progress 0")
    stage = {"steps": None, "minutes": None} | stage
    if (stage["steps"] is None) == (stage["minutes"] is None):
        raise SettingsError(f"{where}: write either `steps` or `minutes`, how long the stage lasts")
    return _section(Stage, stage, where)


def load_settings(path: Path) -> Settings:
    """Read and check the configuration file at ``path``."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    top = _section(Settings, raw, str(path))
    paths, train = dict(top.paths), dict(top.train)
    paths["train"] = tuple(Path(name) for name in paths["train"])
    paths |= {name: Path(paths[name]) for name in ("dev", "work", "model")}
    optional = {name: paths[name] for name in ("old", "baseline") if name in paths}
    paths |= {name: Path(value) if value else None for name, value in optional.items()}
    stages = train["stages"]
    train["stages"] = tuple(_stage(s, f"train.stages[{i}]") for i, s in enumerate(stages))
    network = dict(top.network)
    network |= {name: tuple(network[name]) for name in ("widths", "blocks") if name in network}
    return Settings(
        paths=_section(Paths, paths, "paths"),
        data=_section(Data, top.data, "data"),
        network=_section(Network, network, "network"),
        train=_section(Train, train, "train"),
        export=_section(Export, top.export, "export"),
    )
