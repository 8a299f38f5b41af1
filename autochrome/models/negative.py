"""Is a picture a negative? The encoder of a colour network looks at it and at its inverse.

The encoder learned how things look in photographs. The mean and the spread of its features over a
picture are weighed by a logistic regression, so that a negative gets more than its positive. The
network is one of its own, whichever colours; `training/negatives.py` made it, its card is
``models/negative/README.md``, and benchmarks/negatives.py prints its rates.
"""

import threading
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..color import lightness_from_luma
from .engines import OpenVinoEngine, Precision

NEGATIVE_FROM = 3.5
"""From this figure of `negativity` on a picture is taken for a negative."""

NETWORK = Path(__file__).parents[2] / "models" / "negative" / "negative.onnx"
INPUT = "L"

PRECISION: Precision = "bf16"
"""As for the networks that colour: a processor without it computes in fp32."""

# Sides are multiples of this, and a square of the area of what is shown has the other. The first
# look is a small one, which is over in a third of the time and settles nine of ten photographs:
# no more than one in 200 of the negatives that the second tells has a figure below 0 in it.
_MULTIPLE, _SIDE, _FIRST_SIDE = 32, 256, 160
_LONGEST = 2.0

_one_at_a_time = threading.Lock()


def negativity(luma: NDArray[np.uint8]) -> float:
    """The log odds that a picture is the negative, and its inverse the positive.

    ``luma`` uint8 (h, w), upright and without its border; a small copy is enough.
    """
    figure = _figure(luma, _FIRST_SIDE)
    return figure if figure < 0 else _figure(luma, _SIDE)


def _figure(luma: NDArray[np.uint8], side: int) -> float:
    seen = looks(luma, side)
    with _one_at_a_time:
        positive, negative = _engine().run({INPUT: seen})[:, 0]
    return float(positive - negative)


def looks(luma: NDArray[np.uint8], side: int = _SIDE) -> NDArray[np.float32]:
    """What the network is shown: L* float32 (2, 1, h', w') of a picture and of its inverse.

    ``side`` is that of a square of the same area.
    """
    height, width = luma.shape
    shape = min(max((width / height) ** 0.5, 1 / _LONGEST**0.5), _LONGEST**0.5)
    size = (
        _MULTIPLE * max(1, round(side * shape / _MULTIPLE)),
        _MULTIPLE * max(1, round(side / shape / _MULTIPLE)),
    )
    shrinks = width >= size[0] and height >= size[1]
    seen = cv2.resize(
        luma.astype(np.float32) / 255,
        size,
        interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
    )
    return lightness_from_luma(np.clip(np.stack([seen, 1 - seen]), 0, 1))[:, None]


@lru_cache(maxsize=1)
def _engine() -> OpenVinoEngine:
    return OpenVinoEngine(NETWORK, PRECISION)
