"""At what size, and how often, should a network look at a photograph?

Photographs are made grey and coloured by the embedded network: at squares of several sizes (the
longer the side, the more detail and the less of a whole), averaged with their mirror image, and as
blends of two sizes. Beside it the same on grainy copies, with and without a denoised copy for the
network. Prints for each way, over all pictures:

* dE: mean CIEDE2000 to the truth, over pixels of the picture at half size (lower is better);
* AuC, plain and rebalanced: as in `training.measures`, on ab of 64 × 64 (higher is better);
* colorfulness (Hasler and Süsstrunk, signed), mean, as a share of the originals';
* looks: the network's work, in pictures of 256 × 256.

    python -m benchmarks.looks PICTURES [PICTURES …]

PICTURES: folders or tar files of colour photographs, of which those of at least 448 px are used,
as middle squares of at most 512 px.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from autochrome.color import (
    colorfulness,
    lab_from_rgb,
    lightness_from_luma,
    luma_from_rgb,
    raise_ab,
    rgb_from_luma_ab,
)
from benchmarks.upsampling import embedded_network, photographs
from training.measures import auc, rarity_grid

Luma = NDArray[np.float32]
Ab = NDArray[np.float32]

SMALLEST = 448
GRAIN = 0.06

network = embedded_network()


def at(side: int) -> Callable[[Luma], Ab]:
    """One look at side × side."""

    def look(luma: Luma) -> Ab:
        shrinks = side <= len(luma)
        how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        seen = np.clip(cv2.resize(luma, (side, side), interpolation=how), 0, 1)
        return network.predict(lightness_from_luma(seen)[None])[0]

    return look


def mirrored(side: int) -> Callable[[Luma], Ab]:
    """The mean of a look and of one at the mirror image."""

    def look(luma: Luma) -> Ab:
        return (at(side)(luma) + at(side)(np.ascontiguousarray(luma[:, ::-1]))[:, ::-1]) / 2

    return look


def blended(side: int, larger: int) -> Callable[[Luma], Ab]:
    """The mean of two looks."""

    def look(luma: Luma) -> Ab:
        fine = at(larger)(luma)
        return (raise_ab(at(side)(luma), *fine.shape[:2]) + fine) / 2

    return look


def with_detail(side: int, larger: int) -> Callable[[Luma], Ab]:
    """A look, and from a larger one what changes over less than a sixteenth of the picture."""

    def look(luma: Luma) -> Ab:
        fine = at(larger)(luma)
        coarse = raise_ab(at(side)(luma), *fine.shape[:2])
        return cv2.GaussianBlur(coarse - fine, (0, 0), len(fine) / 32) + fine

    return look


def grainy(luma: Luma) -> Luma:
    """With film grain: noise that is smooth over about a pixel, the same for every way."""
    noise = np.random.default_rng(0).normal(0, 1, luma.shape).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), 0.7)
    return np.clip(luma + GRAIN * noise / noise.std(), 0, 1)


def denoised(luma: Luma) -> Luma:
    """By non-local means."""
    codes = np.rint(luma * 255).astype(np.uint8)
    return cv2.fastNlMeansDenoising(codes, None, 10, 5, 11).astype(np.float32) / 255


def on(prepare: Callable[[Luma], Luma], look: Callable[[Luma], Ab]) -> Callable[[Luma], Ab]:
    return lambda luma: look(prepare(luma))


WAYS: dict[str, tuple[Callable[[Luma], Ab], float]] = {
    "256": (at(256), 1),
    "320": (at(320), 1.6),
    "352 (what Autochrome does)": (at(352), 1.9),
    "384": (at(384), 2.2),
    "448": (at(448), 3.1),
    "512": (at(512), 4),
    "256, mirrored too": (mirrored(256), 2),
    "352, mirrored too": (mirrored(352), 3.8),
    "256 and 352": (blended(256, 352), 2.9),
    "320 and 512": (blended(320, 512), 5.6),
    "256, detail of 512": (with_detail(256, 512), 5),
    "352, grain": (on(grainy, at(352)), 1.9),
    "352, grain, denoised": (on(lambda luma: denoised(grainy(luma)), at(352)), 1.9),
    "352, denoised": (on(denoised, at(352)), 1.9),
}


def pooled(rgb: NDArray[np.uint8]) -> Ab:
    return cv2.resize(lab_from_rgb(rgb)[..., 1:], (64, 64), interpolation=cv2.INTER_AREA)


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    half = [
        lab_from_rgb(cv2.resize(rgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        for rgb in (one, other)
    ]
    return float(deltaE_ciede2000(*half).mean())


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    found = photographs([Path(name) for name in sys.argv[1:]])
    truths = [rgb for rgb in found if len(rgb) >= SMALLEST]
    maps = [pooled(rgb) for rgb in truths]
    rarity = rarity_grid(maps)
    own = np.mean([colorfulness(rgb) for rgb in truths])
    print(f"{len(truths)} pictures")
    print(f"{'way':28} {'dE':>6} {'AuC':>6} {'rebal.':>6} {'colour':>6} {'looks':>6}")
    for name, (way, work) in WAYS.items():
        results = []
        for rgb in truths:
            luma = luma_from_rgb(rgb)
            share = luma.astype(np.float32) / 255
            results.append(rgb_from_luma_ab(luma, raise_ab(way(share), *luma.shape)))
        plain, rebalanced = auc([pooled(rgb) for rgb in results], maps, rarity)
        errors = [difference(*pair) for pair in zip(results, truths, strict=True)]
        lively = np.mean([colorfulness(rgb) for rgb in results]) / own
        figures = (float(np.mean(errors)), plain, rebalanced, lively)
        print(f"{name:28}", *(f"{figure:6.2f}" for figure in figures), f"{work:6}")


if __name__ == "__main__":
    main()
