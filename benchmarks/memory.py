"""The peak memory of a photo job, by format and size of its photograph.

    python -m benchmarks.memory [--megapixels 50 180 300] [--kinds jpeg png …] [--threads N]

Grainy photographs, grey or in sepia, one a job, with the embedded network. Prints megabytes of the
job and its child together (shared pages count once), what the plan books for it, and seconds of
processor time.
"""

import argparse
import os
import resource
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from autochrome.models import find_model

from .networks import photo_job, plan_of
from .photos import picture

Image.MAX_IMAGE_PIXELS = None
SHAPE = 1.28
_PIECE = 12


def grey_of(megapixels: float) -> NDArray[np.uint8]:
    """A grey photograph of that size: (H, W), of one of 12 megapixels again and again."""
    height = round((megapixels * 1e6 / SHAPE) ** 0.5)
    width = round(height * SHAPE)
    piece = picture(min(megapixels, _PIECE))
    times = -(-height // piece.shape[0]), -(-width // piece.shape[1])
    return np.ascontiguousarray(np.tile(piece, times)[:height, :width])


def sepia_of(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The same as a print in sepia: (H, W, 3)."""
    ramp = np.arange(256)[:, None] / 255
    table = np.rint(np.array([30, 20, 10]) + ramp * np.array([225, 220, 195])).astype(np.uint8)
    return table[grey]


def by_pillow(pixels: NDArray[np.uint8], path: Path, **options: object) -> None:
    Image.fromarray(pixels).save(path, **options)


def as_png(pixels: NDArray[np.integer], path: Path) -> None:
    path.write_bytes(imagecodecs.png_encode(pixels, level=1))


def as_palette_png(pixels: NDArray[np.uint8], path: Path) -> None:
    image = Image.fromarray(pixels, "P")
    image.putpalette(sepia_of(np.arange(256, dtype=np.uint8)[None])[0].tobytes())
    image.save(path, compress_level=1)


def as_tiff(pixels: NDArray[np.integer], path: Path, **options: object) -> None:
    kind = "rgb" if pixels.ndim == 3 else "minisblack"
    tifffile.imwrite(path, pixels, photometric=kind, **options)


def as_jp2(pixels: NDArray[np.uint8], path: Path) -> None:
    path.write_bytes(imagecodecs.jpeg2k_encode(pixels, level=80, codecformat="jp2"))


def as_pnm(pixels: NDArray[np.uint8], path: Path) -> None:
    cv2.imwrite(str(path), pixels)


def deep(grey: NDArray[np.uint8]) -> NDArray[np.uint16]:
    return grey.astype(np.uint16) * 257


Write = Callable[[NDArray[np.uint8], Path], None]

KINDS: dict[str, tuple[str, str, Write]] = {
    "jpeg": (".jpg", "jpeg", partial(by_pillow, quality=92)),
    "jpeg sepia": (".jpg", "jpeg", lambda g, p: by_pillow(sepia_of(g), p, quality=92)),
    "jpeg 4:4:4": (
        ".jpg",
        "jpeg",
        lambda g, p: by_pillow(sepia_of(g), p, quality=92, subsampling=0),
    ),
    "png": (".png", "png", as_png),
    "png 16": (".png", "png", lambda g, p: as_png(deep(g), p)),
    "png sepia": (".png", "png", lambda g, p: as_png(sepia_of(g), p)),
    "png palette": (".png", "png", as_palette_png),
    "tiff": (".tif", "tiff", as_tiff),
    "tiff 16": (".tif", "tiff", lambda g, p: as_tiff(deep(g), p)),
    "tiff sepia": (".tif", "tiff", lambda g, p: as_tiff(sepia_of(g), p, rowsperstrip=64)),
    "tiff tiles": (".tif", "tiff", lambda g, p: as_tiff(sepia_of(g), p, tile=(256, 256))),
    "bmp": (".bmp", "bmp", by_pillow),
    "bmp sepia": (".bmp", "bmp", lambda g, p: by_pillow(sepia_of(g), p)),
    "pnm": (".pgm", "pnm", as_pnm),
    "gif": (".gif", "gif", by_pillow),
    "webp": (".webp", "webp", partial(by_pillow, quality=90)),
    "jp2": (".jp2", "jp2", as_jp2),
}


def measure(kind: str, megapixels: float, threads: int, folder: Path) -> None:
    """Print one line of the table."""
    suffix, form, write = KINDS[kind]
    archive = folder / "archive"
    archive.mkdir()
    path = archive / f"a{suffix}"
    write(grey_of(megapixels), path)
    planned = find_model("compact").identity() | {"precision": "auto"}
    plan = plan_of(archive, [path], planned, "auto")
    plan["items"][0]["format"] = form
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _, peak = photo_job(folder / "results", plan, threads)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    size = path.stat().st_size / 1e6
    print(f"{kind:12} {megapixels:6g} {size:8.0f} {peak:8.0f} {seconds:8.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[50, 180, 300])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    print("kind             MP  file MB  peak MB    CPU s")
    for kind in given.kinds:
        for megapixels in given.megapixels:
            folder = Path(tempfile.mkdtemp(prefix="autochrome-memory-"))
            try:
                measure(kind, megapixels, given.threads, folder)
            finally:
                shutil.rmtree(folder)


if __name__ == "__main__":
    main()
