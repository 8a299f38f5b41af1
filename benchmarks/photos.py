"""Photographs of all sizes: the photo job, beside merely decoding and encoding them.

    python -m benchmarks.photos [--megapixels 0.5 2 12 50] [--threads N]

Grey JPEGs and 16-bit TIFFs, uncompressed ("tiff", of which decoding and encoding is no more than
copying) and in Deflate, through a whole photo job with the embedded network. Its seconds a
photograph are those between the first result and the last, so that the start of the job is told
apart; its memory is that of another job, over a few of them, since to look at it takes time. Beside
it, each in a loop of one process without anything else:

    same      the same file decoded and encoded again by the same library (Pillow, tifffile)
    colour    the file decoded, and the job's own coloured pixels encoded by that library
    tutorial  the tutorial's method (see ``tutorial.py``) with the embedded network by OpenVINO

Prints ratios of one run on one machine.
"""

import argparse
import io
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from autochrome.archive import read_json
from autochrome.models import NetworkPredictor, default_folders, find_model, ready_model

from .networks import photo_job, plan_of

Image.MAX_IMAGE_PIXELS = None
SECONDS = 6
"""About how long each side is measured."""
SHAPE = 1.28
_WATCHED = 24
_CODING = {"tiff": {}, "deflate": {"compression": "zlib", "predictor": True}}


def picture(megapixels: float) -> NDArray[np.uint8]:
    """A grainy grey photograph of that size."""
    height = round((megapixels * 1e6 / SHAPE) ** 0.5)
    grey = cv2.cvtColor(data.coffee(), cv2.COLOR_RGB2GRAY)[:, : int(400 * SHAPE)]
    large = cv2.resize(grey, (round(height * SHAPE), height), interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(1).normal(0, 4, large.shape).astype(np.float32)
    return np.clip(large + noise, 0, 255).astype(np.uint8)


def write(grey: NDArray[np.uint8], number: int, folder: Path, kind: str) -> Path:
    """The photograph as a file; ``number`` makes each another one."""
    grey = np.roll(grey, number, axis=1)
    if kind != "jpeg":
        path = folder / f"{number:03}.tif"
        pixels = grey.astype(np.uint16) * 257
        tifffile.imwrite(path, pixels, photometric="minisblack", **_CODING[kind])
    else:
        path = folder / f"{number:03}.jpg"
        Image.fromarray(grey).save(path, quality=92)
    return path


def jpeg_again(path: Path, target: Path, pixels: Image.Image | None = None) -> None:
    with Image.open(path) as image:
        tables = image.quantization
        image.load()
        if pixels is None:
            image.save(target, "JPEG", qtables=tables)
        else:
            pixels.save(target, "JPEG", qtables=[tables[0], tables[0]], subsampling="4:2:0")


def tiff_again(
    path: Path, target: Path, pixels: NDArray[np.uint16] | None = None, *, kind: str
) -> None:
    grey = tifffile.imread(path)
    if pixels is None:
        tifffile.imwrite(target, grey, photometric="minisblack", **_CODING[kind])
    else:
        tifffile.imwrite(target, pixels, photometric="rgb", **_CODING[kind])


def tutorials(predictor: NetworkPredictor, path: Path, target: Path) -> None:
    """The tutorial's loop, with its 8 bits, for the network that is embedded here."""
    lab = cv2.cvtColor(cv2.imread(str(path)).astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    height, width = predictor.input_size(*lab.shape[:2])
    ab = predictor.predict(cv2.resize(lab, (width, height))[None, ..., 0])[0]
    ab = cv2.resize(ab, lab.shape[1::-1])
    joined = np.concatenate([lab[:, :, :1], ab], axis=2)
    coloured = (255 * np.clip(cv2.cvtColor(joined, cv2.COLOR_LAB2BGR), 0, 1)).astype(np.uint8)
    cv2.imwrite(str(target), coloured)


def seconds_of(way: Callable[[], object]) -> float:
    """Seconds of one call: the median of as many as `SECONDS` allow, after one to warm up."""
    way()
    times: list[float] = []
    while sum(times) < SECONDS and len(times) < 30:
        began = time.perf_counter()
        way()
        times.append(time.perf_counter() - began)
    return float(np.median(times))


def compare(megapixels: float, kind: str, threads: int, folder: Path) -> None:
    """Print one line of the table."""
    archive = folder / "archive"
    archive.mkdir()
    grey = picture(megapixels)
    count = max(4, min(240, round(480 / megapixels)))
    paths = [write(grey, number, archive, kind) for number in range(count)]
    planned = find_model("compact").identity() | {"precision": "auto"}
    model = ready_model(planned, default_folders().converted)
    plan = plan_of(archive, paths, planned, "auto")
    for item in plan["items"]:
        item["format"] = "jpeg" if kind == "jpeg" else "tiff"
    again = jpeg_again if kind == "jpeg" else partial(tiff_again, kind=kind)
    target = folder / f"again{paths[0].suffix}"
    # Before and after ours: a machine's speed is not the same for minutes.
    same = seconds_of(lambda: again(paths[0], target)) / 2
    whole, _ = photo_job(folder / "results", plan, threads, watched=False)
    same += seconds_of(lambda: again(paths[0], target)) / 2
    rows = read_json(folder / "results/done/x.json")["rows"]
    times = [row["result_mtime_ns"] / 1e9 for row in rows]
    ours = (max(times) - min(times)) / (count - 1)
    few = plan | {"items": plan["items"][:_WATCHED]}
    _, peak = photo_job(folder / "watched", few, threads)
    result = folder / "results" / rows[0]["result"]
    if kind != "jpeg":
        colours = tifffile.imread(result)
    else:
        colours = Image.open(io.BytesIO(result.read_bytes()))
        colours.load()
    colour = seconds_of(lambda: again(paths[0], target, colours))
    predictor = model.predictor(threads)
    theirs = seconds_of(lambda: tutorials(predictor, paths[0], target))
    print(
        f"{kind:7} {megapixels:5} {1 / ours:9.2f} {megapixels / ours:7.1f} {ours / same:7.2f} "
        f"{ours / colour:9.2f} {theirs / ours:12.2f} {peak:8.0f} {whole - count * ours:8.1f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.photos", description=__doc__)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[0.5, 2, 12, 50])
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    cv2.setNumThreads(arguments.threads)
    print(f"Photo job, embedded network, {arguments.threads} threads; the others in one process.")
    print("             photos/s    MP/s  ÷ same  ÷ colour  tutorial ÷  peak MB  start s")
    for kind in ("jpeg", *_CODING):
        for megapixels in arguments.megapixels:
            folder = Path(tempfile.mkdtemp(prefix="autochrome-photos-"))
            try:
                compare(megapixels, kind, arguments.threads, folder)
            finally:
                shutil.rmtree(folder)


if __name__ == "__main__":
    main()
