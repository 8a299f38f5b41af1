"""How often is one photograph taken for a page of several, and are those on a page found?

    python -m benchmarks.albums PHOTOGRAPHS [PHOTOGRAPHS …]

PHOTOGRAPHS: folders or tar files, which are made grey. Of those of each, pages with 2 to 6 are
made (seeded), on paper of several tones, half of them with white borders.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from autochrome.color import luma_from_rgb
from autochrome.photos.album import photographs_on
from autochrome.photos.border import Area
from autochrome.photos.picture import overview, reduced

from .upsampling import named_photographs

_SEED = 1907
_PAGES = 200
_HEIGHT, _WIDTH, _ROOM = 1000, 1400, 80
_GRIDS = {2: (2, 1), 3: (3, 1), 4: (2, 2), 6: (3, 2)}
_PAPERS = (20, 60, 110, 180, 225, 245)


def album_page(prints: list[NDArray[np.uint8]], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A scan of a page: uint8 (H, W)."""
    page = np.full((_HEIGHT, _WIDTH), rng.choice(_PAPERS), np.uint8)
    columns, rows = _GRIDS[len(prints)]
    width, height = _WIDTH // columns, _HEIGHT // rows
    for number, photograph in enumerate(prints):
        fit = min((width - _ROOM) / photograph.shape[1], (height - _ROOM) / photograph.shape[0])
        scale = fit * rng.uniform(0.75, 1)
        photograph = cv2.resize(photograph, None, fx=scale, fy=scale)
        if rng.random() < 0.5:
            photograph = np.pad(photograph, 12, constant_values=245)
        top = number // columns * height + (height - photograph.shape[0]) // 2
        left = number % columns * width + (width - photograph.shape[1]) // 2
        page[top : top + photograph.shape[0], left : left + photograph.shape[1]] = photograph
    return np.clip(page + rng.normal(0, 4, page.shape), 0, 255).astype(np.uint8)


def _found(grey: NDArray[np.uint8]) -> list[Area]:
    """The photographs that are found on a picture, in the copy that a photo job makes of it."""
    luma = reduced(grey, 768)
    return photographs_on(overview(luma), luma.shape)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.albums", description=__doc__)
    parser.add_argument("photographs", nargs="+", type=Path)
    rng = np.random.default_rng(_SEED)
    for place in parser.parse_args().photographs:
        named = [(name, luma_from_rgb(rgb)) for name, rgb in named_photographs([place])]
        wrong = [name for name, grey in named if _found(grey)]
        print(f"{place.name}: {len(wrong)} of {len(named)} taken for a page {wrong[:10] or ''}")
        right = found = 0
        for _ in range(_PAGES):
            count = int(rng.choice(list(_GRIDS)))
            prints = [named[rng.integers(len(named))][1] for _ in range(count)]
            areas = _found(album_page(prints, rng))
            right, found = right + (len(areas) == count), found + bool(areas)
        print(f"  of {_PAGES} pages made of them {found} found, {right} with as many as there are")


if __name__ == "__main__":
    main()
