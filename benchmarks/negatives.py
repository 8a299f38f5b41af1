"""How often is a photograph taken for a negative, and how many negatives are told?

    python -m benchmarks.negatives PHOTOGRAPHS [PHOTOGRAPHS …]

PHOTOGRAPHS: folders or tar files, which are made grey; their negatives are their inverses. Names
the photographs that were taken for negatives, and prints the rates for other limits, too.
"""

import argparse
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from autochrome.models import NEGATIVE_FROM, negativity
from autochrome.photos.negative import negative_figure
from autochrome.photos.picture import overview
from autochrome.photos.steps import Proxy

from .upsampling import files

_LIMITS = (2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0)


def figure(grey: NDArray[np.uint8]) -> float:
    """What the product measures of a picture, uint8 (H, W); minus infinity if it does not."""
    luma = grey.astype(np.float32) / 255
    told = negative_figure(Proxy(luma, overview(luma)), 1, negativity)
    return -np.inf if told is None else told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.negatives", description=__doc__)
    parser.add_argument("photographs", type=Path, nargs="+")
    given = parser.parse_args()
    found = []
    for name, data in files(given.photographs):
        try:
            grey = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
        except UnidentifiedImageError:
            continue
        found.append((figure(grey), figure(255 - grey)))
        if found[-1][0] >= NEGATIVE_FROM:
            print(f"{name} is taken for a negative: {found[-1][0]:.1f}")
    positives, negatives = np.array(found).T
    for limit in sorted({*_LIMITS, NEGATIVE_FROM}):
        print(
            f"from {limit} on: {(positives >= limit).sum()} of {len(found)} photographs are taken "
            f"for negatives, {(negatives >= limit).mean():.1%} of their negatives are told"
        )


if __name__ == "__main__":
    main()
