"""The 2016 network: OpenCV's dnn against ours, a photo job against the tutorial's loop.

    python -m benchmarks.networks [--photos 100] [--tutorial-python PYTHON]

The weights are random (seeded), since speed does not depend on them; the architecture is the
full-size one of the published v2 files. PYTHON is that of an environment with
``opencv-python-headless<5`` and numpy, for the tutorial's side; without it, this one.

Prints ratios of one run on one machine: the engines take turns, a picture each.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import psutil
import yaml
from numpy.typing import NDArray
from skimage import data

from autochrome.archive import read_json, sha256_file
from autochrome.models import Folders, default_folders, find_model, ready_model
from autochrome.models.engines import pick_device
from autochrome.models.prepare import make_ready
from benchmarks import tutorial
from benchmarks.environment import job_environment
from tests.models import caffe_files

CONFIG = Path(__file__).parents[1] / "config" / "config.yaml"
NAME = "zhang2016-v2"
SIDE = 224
TURNS = 15
PHOTO_SIZE = (1250, 1600)
NAMES = (
    "colorization_release_v2.caffemodel",
    "colorization_deploy_v2.prototxt",
    "pts_in_hull.npy",
)


def write_models(folder: Path) -> list[Path]:
    """The published files' stand-ins, in the order of the registry."""
    layers = caffe_files.zhang_layers()
    made = caffe_files.write_network(folder, layers, caffe_files.random_weights(layers))
    prototxt, weights, points = made
    return [
        path.rename(folder / name)
        for path, name in zip((weights, prototxt, points), NAMES, strict=True)
    ]


def medians(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median milliseconds of each way, taken in turns after one for warming up."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(TURNS + 1):
        for name, way in ways.items():
            began = time.perf_counter()
            way()
            if turn:
                times[name].append(1000 * (time.perf_counter() - began))
    return {name: statistics.median(values) for name, values in times.items()}


def one_picture(models: Path, planned: dict, folders: Folders, threads: int) -> None:
    """Print the time of one picture in OpenCV and in each of our forms."""
    cv2.setNumThreads(threads)
    net = tutorial.load(models)
    lightness = np.random.default_rng(0).uniform(0, 100, (1, SIDE, SIDE)).astype(np.float32)
    blob = cv2.dnn.blobFromImage(lightness[0] - 50)

    def opencv() -> object:
        net.setInput(blob)
        return net.forward()

    ways: dict[str, Callable[[], object]] = {"OpenCV dnn": opencv}
    record = read_json(folders.converted / NAME / "record.json")
    for precision in record["forms"]:
        model = ready_model(planned | {"precision": precision}, folders.converted)
        predictor = model.predictor(threads)
        ways[precision] = lambda predictor=predictor: predictor.predict(lightness)
    found = medians(ways)
    print(f"One picture, {SIDE} x {SIDE}, {threads} threads (median of {TURNS}, in turns):")
    for name, milliseconds in found.items():
        ratio = found["OpenCV dnn"] / milliseconds
        print(f"  {name:10} {milliseconds:7.1f} ms   OpenCV ÷ this: {ratio:.2f}")
    differences = {name: form["difference"] for name, form in record["forms"].items()}
    print(f"  mean |Δab| from fp32, random weights: {differences}; auto: {record['auto']}")


def photographs(folder: Path, count: int) -> list[Path]:
    """Grey JPEGs of 2 megapixels, cut from real photographs at many places."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    sources = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    paths = []
    for number in range(count):
        picture = cv2.cvtColor(sources[number % len(sources)], cv2.COLOR_RGB2GRAY)
        height = int(rng.uniform(0.7, 1) * min(picture.shape[0], picture.shape[1] / 1.28))
        top = rng.integers(picture.shape[0] - height + 1)
        cut = picture[top : top + height, : int(height * 1.28)]
        large = cv2.resize(cut, PHOTO_SIZE[::-1], interpolation=cv2.INTER_CUBIC)
        paths.append(folder / f"{number:03}.jpg")
        cv2.imwrite(str(paths[-1]), _grainy(large, rng))
    return paths


def _grainy(picture: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    noise = rng.normal(0, 4, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def plan_of(archive: Path, paths: list[Path], planned: dict, precision: str) -> dict:
    """The plan of a photo job, as the planner writes it."""
    items = [
        {
            "path": path.name,
            "size": path.stat().st_size,
            "mtime_ns": path.stat().st_mtime_ns,
            "format": "jpeg",
            "result": f"photos/{path.name}",
        }
        for path in paths
    ]
    config = yaml.safe_load(CONFIG.read_text())
    shared = ("saturation", "temperature", "already_colour", "digital_source_type")
    settings = {name: config[name] for name in shared}
    settings |= {name: config["photos"][name] for name in ("max_pixels", "tone")}
    return {
        "stage": "photos",
        "bucket": "x",
        "archive": str(archive),
        "items": items,
        "model": planned | {"precision": precision},
        "settings": settings,
    }


JOB = """
import sys
from pathlib import Path
from autochrome.photos import colour_batch
if __name__ == "__main__":
    colour_batch(Path("plan.json"), Path("done/x.json"), int(sys.argv[1]))
"""


def photo_job(
    results: Path, plan: dict, threads: int, *, watched: bool = True
) -> tuple[float, float]:
    """Seconds and peak megabytes of one photo job, its child processes counted.

    Without ``watched`` the megabytes are 0: to look at them again and again slows the job down by
    up to a tenth.
    """
    results.mkdir()
    (results / "plan.json").write_text(json.dumps(plan))
    (results / "job.py").write_text(JOB)
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "job.py", str(threads)],
        cwd=results,
        env=job_environment(),
    )
    peak = [0.0]
    if watched:
        threading.Thread(target=_watch, args=(process.pid, peak), daemon=True).start()
    if process.wait():
        raise SystemExit("The photo job failed.")
    seconds = time.perf_counter() - began
    rows = read_json(results / "done/x.json")["rows"]
    reasons = {f"{row['status']}: {row['reason']}" for row in rows if row["status"] != "coloured"}
    if reasons:
        raise SystemExit(f"The photo job did not colour everything: {reasons}")
    return seconds, peak[0]


def _watch(pid: int, peak: list[float]) -> None:
    """Keep the largest memory (PSS, so that shared pages count once) of a process and its own."""
    try:
        root = psutil.Process(pid)
        while True:
            family = [root, *root.children(recursive=True)]
            total = sum(p.memory_full_info().pss for p in family if p.is_running()) / 1e6
            peak[0] = max(peak[0], total)
            time.sleep(0.1)
    except psutil.Error:
        return


def tutorials_loop(python: str, models: Path, results: Path, paths: list[Path]) -> float:
    """Seconds of the tutorial's loop over the photographs, from file to file."""
    results.mkdir()
    command = [python, "-m", "benchmarks.tutorial", models, results, *paths]
    began = time.perf_counter()
    subprocess.run(command, cwd=Path(__file__).parents[1], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def on_a_card(planned: dict, folders: Folders) -> None:
    """Print pictures a second on a graphics card, and the share of its measured peak."""
    if pick_device("auto") != "cuda":
        print("Graphics card: none here, not measured.")
        return
    model = ready_model(planned | {"precision": "fp32"}, folders.converted)
    predictor = model.predictor(device="cuda")
    lightness = np.full((1, SIDE, SIDE), 50, np.float32)
    milliseconds = medians({"cuda": lambda: predictor.predict(lightness)})["cuda"]
    rate = 1000 / milliseconds
    print(f"Graphics card, fp32, one picture after the other: {rate:.0f} pictures a second,")
    print(f"  {rate * find_model(NAME).gflop / 1000:.1f} TFLOP a second")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.networks", description=__doc__)
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--tutorial-python", default=sys.executable)
    arguments = parser.parse_args()
    threads = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "models").mkdir()
        os.environ["AUTOCHROME_MODELS"] = str(folder / "store")
        files = write_models(folder / "models")
        folders = default_folders()
        weights_sha256 = sha256_file(files[0])
        make_ready(find_model(NAME), files, weights_sha256, folders.converted)
        planned = {"name": NAME, "sha256": weights_sha256}
        one_picture(folder / "models", planned, folders, threads)
        paths = photographs(folder / "archive", arguments.photos)
        theirs = tutorials_loop(
            arguments.tutorial_python, folder / "models", folder / "tutorial", paths
        )
        print(f"{len(paths)} photographs of 2 megapixels, from file to file:")
        print(f"  tutorial's loop  {theirs:6.1f} s")
        for precision in ("fp32", "bf16", "int8"):
            plan = plan_of(folder / "archive", paths, planned, precision)
            seconds, peak = photo_job(folder / precision, plan, threads)
            ratio = theirs / seconds
            print(f"  photo job, {precision}  {seconds:6.1f} s   tutorial ÷ this: {ratio:.2f}   ")
            print(f"    at most {peak:.0f} MB")
        on_a_card(planned, folders)


if __name__ == "__main__":
    main()
