"""Entry point: ``python -m training prepare|train|evaluate|export --config FILE``."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.settings import load_settings


def main() -> None:
    """Run one step of the training."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("step", choices=("prepare", "train", "evaluate", "export"))
    parser.add_argument("--config", type=Path, default=Path("training/config.yaml"))
    arguments = parser.parse_args()
    settings = load_settings(arguments.config)
    if arguments.step == "prepare":
        from training.prepare import prepare as step
    elif arguments.step == "train":
        from training.train import train as step
    elif arguments.step == "evaluate":
        from training.evaluate import evaluate as step
    else:
        from training.export import export as step
    step(settings)


if __name__ == "__main__":
    main()
