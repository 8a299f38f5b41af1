"""How often is a photograph taken for a document, and a document for a photograph?

    python -m benchmarks.documents PHOTOGRAPHS [PHOTOGRAPHS …] [--documents FOLDER …]

PHOTOGRAPHS: folders or tar files, which are made grey. The documents are made here: pages of text,
letters, tables, forms and maps of lines on paper of several tones, printed and scanned with shade,
blur and noise (seeded); scans of your own can be added.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from autochrome.color import luma_from_rgb
from autochrome.photos.document import Page, page_of
from autochrome.photos.picture import overview, reduced

from .upsampling import named_photographs

_SEED = 1907
_EACH = 40
_WIDTH, _HEIGHT, _MARGIN = 1240, 1754, 110
_LETTERS = list("abcdefghijklmnopqrstuvwxyzetaoinetaoin")


def word(rng: np.random.Generator) -> str:
    return "".join(rng.choice(_LETTERS, size=rng.integers(2, 10)))


def write(page: Image.Image, rng: np.random.Generator, end: float, gap: str = " ") -> None:
    """Lines of words down to ``end``, a share of the page's height."""
    draw, size = ImageDraw.Draw(page), int(rng.integers(18, 34))
    font, ink = ImageFont.load_default(size), int(rng.uniform(0, 80))
    for y in range(_MARGIN, int(end * _HEIGHT), round(1.45 * size)):
        line = "" if rng.random() < 0.12 else word(rng)
        while line and draw.textlength(line, font=font) < rng.uniform(0.6, 0.8) * _WIDTH:
            line += gap + word(rng)
        draw.text((_MARGIN, y), line, fill=ink, font=font)


def lines_of_a_table(page: Image.Image, rng: np.random.Generator) -> None:
    draw = ImageDraw.Draw(page)
    for x in np.linspace(_MARGIN - 20, _WIDTH - _MARGIN, int(rng.integers(4, 9))):
        draw.line((x, _MARGIN, x, _HEIGHT - _MARGIN), fill=40, width=2)
    for y in np.linspace(_MARGIN, _HEIGHT - _MARGIN, int(rng.integers(8, 30))):
        draw.line((_MARGIN - 20, y, _WIDTH - _MARGIN, y), fill=40, width=2)


def draw_map(page: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Contour lines, roads and names."""
    field = rng.normal(0, 1, (_HEIGHT // 4, _WIDTH // 4)).astype(np.float32)
    field = cv2.resize(cv2.GaussianBlur(field, (0, 0), 18), (_WIDTH, _HEIGHT))
    sheet, tone = np.array(page), int(rng.uniform(60, 130))
    for level in np.arange(-3, 3, 0.25) * field.std():
        outlines = cv2.findContours(
            (field > level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE
        )[0]
        cv2.drawContours(sheet, outlines, -1, tone, 2)
    for _ in range(12):
        start = rng.uniform(0, 1, 2) * (_WIDTH, _HEIGHT)
        road = np.cumsum(rng.normal(0, 40, (30, 2)), axis=0) + start
        cv2.polylines(sheet, [road.astype(np.int32)], False, 20, 3)
    drawn = Image.fromarray(sheet)
    draw, font = ImageDraw.Draw(drawn), ImageFont.load_default(24)
    for _ in range(60):
        place = rng.uniform(0, 1, 2) * (_WIDTH - 200, _HEIGHT - 40)
        draw.text(tuple(place), word(rng).title(), fill=20, font=font)
    return drawn


def document(kind: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """A scan of a page: uint8 (H, W)."""
    page = Image.new("L", (_WIDTH, _HEIGHT), int(rng.uniform(0.75, 1) * 255))
    if kind == "map":
        page = draw_map(page, rng)
    else:
        end = rng.uniform(0.4, 0.7) if kind == "letter" else 0.93
        write(page, rng, end, gap=" " if kind != "table" else "      ")
    if kind == "table":
        lines_of_a_table(page, rng)
    across, down = np.meshgrid(np.linspace(-1, 1, _WIDTH), np.linspace(-1, 1, _HEIGHT))
    shade = 1 - rng.uniform(0, 0.12) * (across * rng.uniform(-1, 1) + down * rng.uniform(-1, 1))
    scan = cv2.GaussianBlur(np.asarray(page) * shade, (0, 0), rng.uniform(0.5, 1.5))
    return np.clip(scan + rng.normal(0, 3, scan.shape), 0, 255).astype(np.uint8)


def measured(grey: NDArray[np.uint8]) -> Page:
    return page_of(overview(reduced(grey, 768)))


def show(what: str, pages: dict[str, Page], wanted: bool) -> None:
    wrong = [name for name, page in pages.items() if page.is_document != wanted]
    print(f"{what}: {len(wrong)} of {len(pages)} taken for the other {wrong[:10] or ''}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.documents", description=__doc__)
    parser.add_argument("photographs", nargs="+", type=Path)
    parser.add_argument("--documents", nargs="*", type=Path, default=[])
    given = parser.parse_args()
    for place in given.photographs:
        pages = {name: measured(luma_from_rgb(rgb)) for name, rgb in named_photographs([place])}
        show(f"photographs of {place.name}", pages, False)
    rng = np.random.default_rng(_SEED)
    for kind in ("text", "letter", "table", "map"):
        pages = {str(n): measured(document(kind, rng)) for n in range(_EACH)}
        show(f"documents made here, {kind}", pages, True)
    for place in given.documents:
        paths = [path for path in sorted(place.rglob("*")) if path.is_file()]
        pages = {p.name: measured(np.asarray(Image.open(p).convert("L"))) for p in paths}
        show(f"documents of {place.name}", pages, True)


if __name__ == "__main__":
    main()
