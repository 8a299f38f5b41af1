"""The README's picture, made from the demo's results:  python docs/make_images.py

Run ./colorize first. The photographs are scikit-image's: NASA's portrait of Eileen Collins (public
domain), Chelsea the cat (CC0, Stefan van der Walt), a cup at Pikolo Espresso Bar (CC0, Rachel
Michetti), DSCOVR's launch (public domain, SpaceX).
"""

from pathlib import Path

import cv2
import numpy as np

REPOSITORY = Path(__file__).resolve().parents[1]
NAMES = (
    "Portrait.jpg",
    "Cat.png",
    "Scan 0001 (16 bit).tif",
    "Großmutters Album/Über den Wolken, Sommer 1962.jpg",
)
HEIGHT = 300
QUALITY = 88


def read(path: Path) -> np.ndarray:
    """The middle of a picture, 4 : 5, at `HEIGHT`: uint8 (HEIGHT, W, 3), B, G, R."""
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    height, width = picture.shape[:2]
    cut = min(width, height * 4 // 5)
    left = (width - cut) // 2
    size = (HEIGHT * 4 // 5, HEIGHT)
    return cv2.resize(picture[:, left : left + cut], size, interpolation=cv2.INTER_AREA)


def main() -> None:
    demo = REPOSITORY / "demo"
    pairs = [(read(demo / "archive" / n), read(demo / "results/photos" / n)) for n in NAMES]
    # Two rows, before above after: beside each other they would be the size of stamps.
    sheet = np.vstack([np.hstack(row) for row in zip(*pairs, strict=True)])
    target = REPOSITORY / "docs/images/before-after.jpg"
    cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tofile(target)


if __name__ == "__main__":
    main()
