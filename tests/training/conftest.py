"""A tiny archive of made-up photographs, and settings that train on it in seconds."""

import io
import tarfile
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from training.settings import Settings, load_settings

if find_spec("torch") is None:
    # The training has its own requirements; the product's environment tests the model alone.
    collect_ignore = [
        "test_augment.py",
        "test_colour.py",
        "test_export.py",
        "test_measures.py",
        "test_network.py",
        "test_training.py",
    ]

CONFIG = Path(__file__).resolve().parents[2] / "training" / "config.yaml"


def photograph(seed: int) -> np.ndarray:
    """Return smooth random colours, uint8 (96, 128, 3)."""
    noise = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return cv2.resize(noise, (128, 96), interpolation=cv2.INTER_CUBIC)


def write_tar(path: Path, pictures: dict[str, np.ndarray]) -> None:
    """Write pictures as PNG into a tar archive."""
    with tarfile.open(path, "w") as tar:
        for name, picture in pictures.items():
            data = cv2.imencode(".png", picture)[1].tobytes()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))


@pytest.fixture
def tiny(tmp_path: Path) -> Settings:
    """Settings for a training of four steps on twelve photographs, one of them also in dev."""
    pictures = {f"made/{seed:02d}.png": photograph(seed) for seed in range(12)}
    write_tar(tmp_path / "train.tar", pictures)
    write_tar(tmp_path / "dev.tar", {"made/a.png": np.ascontiguousarray(photograph(3)[:, ::-1])})
    raw = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    raw["paths"] = {
        "train": [str(tmp_path / "train.tar")],
        "dev": str(tmp_path / "dev.tar"),
        "old": None,
        "baseline": None,
        "work": str(tmp_path / "work"),
        "model": str(tmp_path / "model"),
    }
    raw["data"] |= {"short_side": 64, "held_out": 3}
    raw["network"] = {"widths": [16, 16, 16, 16], "blocks": [1, 1, 1], "frozen_stages": 1}
    stage = raw["train"]["stages"][0] | {"name": "short", "steps": 4, "batch": 2, "warm_up": 1}
    stage["sizes"] = [[0, 32]]
    raw["train"] |= {"warm_start": None, "bfloat16": False, "threads": 1, "processes": 0}
    raw["train"]["stages"] = [stage]
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return load_settings(config)
