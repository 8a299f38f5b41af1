"""The picture of the looks:  python docs/make_looks.py

Rows are looks, columns photographs of scikit-image (see make_images.py), coloured from grey. Run it
from the repository's root.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from PIL import Image

from autochrome.demo import grey, photograph
from autochrome.models import default_folders, find_model, ready_model
from autochrome.photos import explained
from autochrome.plan.looks import LOOKS, saturation_of, temperature_of

NAMES = ("coffee.png", "astronaut.png", "chelsea.png", "rocket.jpg")
WIDTH, HEIGHT = 260, 200
QUALITY = 88


def coloured(photograph: Path, look: str) -> np.ndarray:
    """A grey photograph with the colours of a look, as ./colorize gives them: uint8 (H, W, 3)."""
    model = find_model("compact")
    config = {"look": look, "saturation": 1.0, "temperature": None}
    planned = model.identity() | {"precision": "auto"}
    ready = ready_model(planned, default_folders().converted, temperature_of(config, model))
    return explained(photograph, ready, {"saturation": saturation_of(config)}).shown


def cut(rgb: np.ndarray) -> np.ndarray:
    """The middle of a picture in the shape of a panel."""
    height, width = rgb.shape[:2]
    inner = min(width, height * WIDTH // HEIGHT), min(height, width * HEIGHT // WIDTH)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    return cv2.resize(
        rgb[top : top + inner[1], left : left + inner[0]],
        (WIDTH, HEIGHT),
        interpolation=cv2.INTER_AREA,
    )


def main() -> None:
    with TemporaryDirectory() as folder:
        paths = [Path(folder, name).with_suffix(".png") for name in NAMES]
        for name, path in zip(NAMES, paths, strict=True):
            Image.fromarray(np.rint(grey(photograph(name))).astype(np.uint8)).save(path)
        rows = [np.hstack([cut(coloured(path, look)) for path in paths]) for look in LOOKS]
    sheet = cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR)
    target = Path(__file__).with_name("images") / "looks.jpg"
    cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1].tofile(target)


if __name__ == "__main__":
    main()
