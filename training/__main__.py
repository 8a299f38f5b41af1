"""Entry point: ``python -m training prepare|train|sweep|export|evaluate|sheet --config FILE``."""

from __future__ import annotations

import argparse
from pathlib import Path

from training.settings import load_settings


def main() -> None:
    """Run one step of the training."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument(
        "step", choices=("prepare", "train", "sweep", "export", "evaluate", "sheet")
    )
    parser.add_argument("--config", type=Path, default=Path("training/config.yaml"))
    arguments = parser.parse_args()
    settings = load_settings(arguments.config)
    if arguments.step == "prepare":
        from training.prepare import prepare as step
    elif arguments.step == "train":
        from training.train import train as step
    elif arguments.step == "sweep":
        from training.sweep import sweep as step
    elif arguments.step == "export":
        from training.export import export as step
    elif arguments.step == "evaluate":
        from training.evaluate import evaluate as step
    else:
        from training.sheet import sheet as step
    step(settings)


if __name__ == "__main__":
    main()
