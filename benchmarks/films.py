"""Films: ours against FFmpeg, which only decodes and encodes, and against the tutorial's method.

    python -m benchmarks.films [--media FOLDER] [--heights 480 1080] [--seconds 20 8]
        [--tutorial-python PYTHON] [--tutorial-frames 60] [--precision int8] [FILM …]

The films are FILMs, or those of FOLDER (its bw_video and color_video), made grey, scaled to each
height and cut to that height's seconds. PYTHON is that of an environment with
``opencv-python-headless<5`` and numpy; without it the tutorial is left out. It is compared on the
first film at the least height; its side is timed on the film's first frames and counted for all of
them. The network of both is the full-size one of 2016 with random weights, whose difference from
fp32 says nothing, so that the precision of ours is given.

Prints ratios of one run on one machine, memory, disk and a profile by stage.
"""

import argparse
import copy
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import av
import imageio_ffmpeg
import psutil
import yaml

from autochrome.archive import read_json, sha256_file, write_json
from autochrome.films.presets import encoder_settings
from autochrome.models import default_folders, find_model
from autochrome.models.prepare import make_ready
from autochrome.plan import Hands, make_run
from benchmarks.environment import job_environment
from benchmarks.networks import NAME, write_models

ROOT = Path(__file__).resolve().parents[1]
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
USUAL = ("bw_video/localdiplo_nosferatu_1922.mp4", "color_video/imageio_cockatoo.mp4")

JOB = """
import sys
from autochrome import films
if __name__ == "__main__":
    stage, film, number, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if stage == "index":
        films.index_film(film, threads)
    elif stage == "colour":
        films.colour_chunk(film, number, threads)
    elif stage == "encode":
        films.encode_chunk(film, number)
    else:
        films.join_film(film)
"""


@dataclass
class Cost:
    """Seconds of wall time by stage, processor seconds, greatest memory and disk in megabytes."""

    seconds: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    memory: float = 0.0
    disk: float = 0.0
    result: float = 0.0

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


def grey_film(source: Path, target: Path, height: int, seconds: float) -> int:
    """A grey film of that height, with the grain of film; gives its number of frames."""
    filters = f"scale=-2:{height},noise=alls=5:allf=t,format=gray,format=yuv420p"
    command = [FFMPEG, "-v", "error", "-y", "-i", source, "-t", str(seconds), "-an", "-vf", filters]
    subprocess.run([*command, "-c:v", "libx264", "-crf", "16", target], check=True)
    with av.open(str(target)) as film:
        return sum(bool(packet.size) for packet in film.demux(video=0))


def ffmpegs_time(film: Path, options: dict[str, str], threads: int) -> tuple[float, float]:
    """Seconds, and processor seconds, of FFmpeg decoding and encoding with the same settings."""
    chosen = [word for key, value in options.items() for word in (f"-{key}", value)]
    command = [FFMPEG, "-v", "error", "-y", "-i", film, "-an", "-c:v", "libx264", *chosen]
    began, before = time.perf_counter(), _processor()
    subprocess.run([*command, "-threads", str(threads), film.with_name("again.mkv")], check=True)
    return time.perf_counter() - began, _processor() - before


def _processor() -> float:
    """Seconds of the processor that ended child processes have used."""
    used = os.times()
    return used.children_user + used.children_system


def our_cost(film: Path, results: Path, network: dict | None = None) -> Cost:
    """All stages of one film, a process each as in the workflow."""
    archive = results.with_name(f"{results.name}-archive")
    archive.mkdir()
    os.link(film, archive / film.name)
    config = copy.deepcopy(yaml.safe_load((ROOT / "config/config.yaml").read_text()))
    run = make_run(config, archive, results, dry=False, hands=Hands(1), say=lambda line: None)
    (name, chunks) = next(iter(run.films.items()))
    if network is not None:
        path = results / f"plan/films/{name}/colour.json"
        plan = read_json(path)
        write_json(path, plan | {"model": plan["model"] | network})
    (results / "job.py").write_text(JOB)
    cost = Cost()
    threads = os.cpu_count() or 1
    stages = [("index", 0), *(("colour", n) for n in range(chunks))]
    stages += [*(("encode", n) for n in range(chunks)), ("join", 0)]
    for stage, number in stages:
        seconds, processor = _job(results, [stage, name, str(number), str(threads)], cost)
        cost.seconds[stage] = cost.seconds.get(stage, 0) + seconds
        cost.processor[stage] = cost.processor.get(stage, 0) + processor
    (row,) = read_json(results / f"done/films/{name}/join.json")["rows"]
    if row["status"] != "coloured":
        raise SystemExit(f"The film was not coloured: {row['reason']}")
    cost.result = row["result_size"] / 1e6
    return cost


def _job(results: Path, arguments: list[str], cost: Cost) -> tuple[float, float]:
    began, before = time.perf_counter(), _processor()
    process = subprocess.Popen(
        [sys.executable, "job.py", *arguments],
        cwd=results,
        env=job_environment(),
        stderr=subprocess.DEVNULL,
    )
    watcher = threading.Thread(target=_watch, args=(process.pid, results, cost), daemon=True)
    watcher.start()
    if process.wait():
        raise SystemExit(f"The job {' '.join(arguments)} failed.")
    return time.perf_counter() - began, _processor() - before


def _watch(pid: int, results: Path, cost: Cost) -> None:
    """Keep the greatest memory (PSS) of a process and its own, and what the work files take."""
    try:
        root = psutil.Process(pid)
        while True:
            family = [root, *root.children(recursive=True)]
            used = sum(p.memory_full_info().pss for p in family if p.is_running()) / 1e6
            cost.memory = max(cost.memory, used)
            sizes = [_size(path) for path in (results / "state").rglob("*")]
            sizes += [_size(path) for path in (results / "films").rglob("*")]
            cost.disk = max(cost.disk, sum(sizes) / 1e6)
            time.sleep(0.1)
    except psutil.Error:
        return


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


def beside_ffmpeg(film: Path, frames: int, folder: Path) -> None:
    """Print our time with the embedded network beside FFmpeg's, which runs before and after."""
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    settings = encoder_settings(config["films"])
    theirs = [ffmpegs_time(film, settings["options"], settings["threads"])]
    cost = our_cost(film, folder / "ours")
    theirs += [ffmpegs_time(film, settings["options"], settings["threads"])]
    ours = cost.total
    reference, processor = (sum(values) / len(theirs) for values in zip(*theirs, strict=True))
    used = sum(cost.processor.values()) / processor
    print(f"  FFmpeg alone {reference:6.1f} s   {frames / reference:6.1f} frames a second")
    print(f"  ours         {ours:6.1f} s   {frames / ours:6.1f} frames a second")
    print(f"  ours ÷ FFmpeg: {ours / reference:.2f}   (must 3, aim 1.5); of processor {used:.2f}")
    for stage, seconds in cost.seconds.items():
        share = 100 * seconds / cost.total
        milliseconds = 1000 * cost.processor[stage] / frames
        print(
            f"    {stage:7} {seconds:6.1f} s  {share:3.0f} %"
            f"   {milliseconds:6.1f} ms of processor a frame"
        )
    print(f"  memory at most {cost.memory:.0f} MB   (must 1500)")
    print(f"  disk on the way ÷ result: {cost.disk / cost.result:.2f}   (must 1.5)")


def beside_the_tutorial(
    film: Path, frames: int, folder: Path, python: str, count: int, precision: str
) -> None:
    """Print the tutorial's time beside ours, both with the full-size network of 2016."""
    (folder / "models").mkdir()
    os.environ["AUTOCHROME_MODELS"] = str(folder / "store")
    files = write_models(folder / "models")
    sha256 = sha256_file(files[0])
    make_ready(find_model(NAME), files, sha256, default_folders().converted)
    network = {"name": NAME, "sha256": sha256, "precision": precision}
    ours = our_cost(film, folder / "ours 2016", network)
    part = folder / "part.mp4"
    command = [FFMPEG, "-v", "error", "-i", film, "-frames:v", str(count), "-c", "copy", part]
    subprocess.run(command, check=True)
    (folder / "tutorial").mkdir()
    began = time.perf_counter()
    command = [python, "-m", "benchmarks.tutorial", folder / "models", folder / "tutorial", part]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    theirs = (time.perf_counter() - began) * frames / min(frames, count)
    print(f"  the network of 2016, ours in {precision}, {frames} frames, the tutorial's {count}:")
    print(f"  tutorial {theirs:6.1f} s   ours {ours.total:6.1f} s")
    print(f"  tutorial ÷ ours: {theirs / ours.total:.1f}   (must 8, aim 25)")
    for stage, seconds in ours.seconds.items():
        print(f"    {stage:7} {seconds:6.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.films", description=__doc__)
    parser.add_argument("films", nargs="*", type=Path)
    parser.add_argument("--media", type=Path, default=os.environ.get("AUTOCHROME_MEDIA"))
    parser.add_argument("--heights", type=int, nargs="+", default=[480, 1080])
    parser.add_argument("--seconds", type=float, nargs="+", default=[20, 8])
    parser.add_argument("--precision", choices=("fp32", "bf16", "int8"), default="int8")
    parser.add_argument("--tutorial-python")
    parser.add_argument("--tutorial-frames", type=int, default=60)
    arguments = parser.parse_args()
    films = arguments.films or [Path(arguments.media or "", name) for name in USUAL]
    seconds = [*arguments.seconds, *arguments.seconds[-1:] * len(arguments.heights)]
    for source in films:
        for height, length in zip(arguments.heights, seconds, strict=False):
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                film = folder / "film.mp4"
                frames = grey_film(source, film, height, length)
                print(f"{source.name}, {height} lines, {frames} frames:", flush=True)
                beside_ffmpeg(film, frames, folder)
                python, count = arguments.tutorial_python, arguments.tutorial_frames
                if python and source == films[0] and height == min(arguments.heights):
                    beside_the_tutorial(film, frames, folder, python, count, arguments.precision)


if __name__ == "__main__":
    main()
