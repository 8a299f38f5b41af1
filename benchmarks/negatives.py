"""Can the statistics of a picture tell a negative from a positive? Not well enough.

    python -m benchmarks.negatives TRAINING PHOTOGRAPHS [--most 1600]

TRAINING, PHOTOGRAPHS: folders or tar files, which are made grey. Histograms of the whole and of
its parts, means by place, and at four scales the skewness of details and how contrast hangs on
lightness, of a picture less those of its negative, are weighed by a logistic regression on
TRAINING. For limits at which so many of PHOTOGRAPHS count as negatives, prints how many of their
negatives do.
"""

import argparse
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from autochrome.color import luma_from_rgb

from .upsampling import named_photographs

_SIDE = 96
_SCALES = (1, 2, 4, 8)
_STRENGTH = 0.003
_FALSE_ALARMS = (0, 1, 3, 6)


def figures(grey: NDArray[np.uint8]) -> NDArray[np.float64]:
    """What is measured of one picture."""
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    luma = small.astype(np.float32)[4:-4, 4:-4] / 255
    return np.concatenate([*_of_places(luma), *_of_details(luma)])


def _of_places(luma: NDArray[np.float32]) -> Iterator[NDArray]:
    quarters = np.array_split(luma, 4)
    middle = luma[len(luma) // 4 : -len(luma) // 4, len(luma) // 4 : -len(luma) // 4]
    yield _histogram(luma, 16)
    for part in (*quarters, middle):
        yield np.sqrt(_histogram(part, 6))
    yield cv2.resize(luma, (6, 6), interpolation=cv2.INTER_AREA).ravel()
    low, median, high = np.percentile(luma, (1, 50, 99))
    yield np.array([luma.mean(), median - luma.mean(), low, high, low + high - 2 * median])


def _histogram(part: NDArray[np.float32], bins: int) -> NDArray[np.float64]:
    return np.histogram(part, bins=bins, range=(0, 1))[0] / part.size


def _of_details(luma: NDArray[np.float32]) -> Iterator[NDArray]:
    before = luma
    for scale in _SCALES:
        after = cv2.GaussianBlur(luma, (0, 0), scale)
        detail = before - after
        unit = detail / (detail.std() + 1e-4)
        yield np.array(
            [
                np.tanh((unit**3).mean() / 3),
                20 * ((unit > 2.5).mean() - (unit < -2.5).mean()),
                np.percentile(unit, 99) + np.percentile(unit, 1),
            ]
        )
        mean = cv2.GaussianBlur(luma, (0, 0), 2 * scale)
        contrast = cv2.GaussianBlur(np.abs(detail), (0, 0), 2 * scale)
        step = np.minimum((8 * mean).astype(int), 7).ravel()
        total = contrast.sum() + 1e-4
        yield np.bincount(step, contrast.ravel(), 8) / total
        before = after


def differences(place: Path, most: int) -> NDArray[np.float64]:
    """Of each photograph the figures less those of its negative."""
    greys = (luma_from_rgb(rgb) for _, rgb in islice(named_photographs([place]), most))
    return np.array([figures(grey) - figures(255 - grey) for grey in greys])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.negatives", description=__doc__)
    parser.add_argument("training", type=Path)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--most", type=int, default=1600)
    given = parser.parse_args()
    known = differences(given.training, given.most)
    unit = known.std(axis=0) + 1e-6
    # What is positive the other way round is negative, so nothing else needs to be shown.
    model = LogisticRegression(C=_STRENGTH, fit_intercept=False, max_iter=500)
    model.fit(np.concatenate([known, -known]) / unit, np.repeat([1, 0], [len(known), len(known)]))
    scores = differences(given.photographs, given.most) / unit @ model.coef_[0]
    print(f"{known.shape[1]} figures, {len(known)} photographs to learn from")
    print(f"{(scores > 0).mean():.1%} of {len(scores)} on the right side of the middle")
    limits = np.sort(-scores)[::-1]
    for count in _FALSE_ALARMS:
        hits = (scores > limits[count]).mean()
        print(f"{count} positives taken for negatives: {hits:.1%} of the negatives found")


if __name__ == "__main__":
    main()
