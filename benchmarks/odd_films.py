"""Every film of some folders through all stages, with a second opinion on each result.

    python -m benchmarks.odd_films [--anyway] [--codec ffv1] [--effort E] [--keep FOLDER] FOLDER…

Without a folder: odd_video, bw_video and color_video below ``AUTOCHROME_MEDIA``. Each film has a
child process and a time limit of its own. The second opinion is FFmpeg's (imageio-ffmpeg), which
shares no code with the stages: the frames and timestamps of source and result side by side, and
the hashes of all copied streams. ``--anyway`` colours films in colour, too, so that the whole way
is seen for them. Prints a table: file, verdict, frames, what FFmpeg says of times and streams,
seconds, reason and remedy; the exit status is 1 where FFmpeg and the verdict disagree.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import yaml

from autochrome.archive import Scan, digest, read_json, scan_archive, write_json
from autochrome.errors import ItemError
from autochrome.films import probe_film, stages
from autochrome.films.decoder import open_container, pick_video
from autochrome.films.streams import SIDECARS
from autochrome.isolation import IsolatedWorker
from autochrome.models import find_model
from autochrome.plan.overrides import Override, Overrides
from autochrome.plan.values import film_plans

CONFIG = Path(__file__).resolve().parents[1] / "config/config.yaml"
SETS = ("odd_video", "bw_video", "color_video")
SECONDS = 900
_FRAME = re.compile(r"^0,\s*(-?\d+),\s*(-?\d+),")
_BASE = re.compile(r"^#tb 0: (\d+)/(\d+)", re.MULTILINE)


def probe(path: str) -> dict[str, Any]:
    try:
        return {"header": probe_film(path).to_json()}
    except ItemError as error:
        return {"fault": error.fault, "remedy": error.remedy}


def one_film(results: str, plans: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """All stages of a film in this process; its row for the manifest."""
    os.chdir(results)
    film = plans["index"]["film"]
    for name, plan in plans.items():
        write_json(Path("plan/films", film, f"{name}.json"), plan)
    stages.index_film(film, 1)
    for number in range(plans["index"]["chunks"]):
        stages.colour_chunk(film, number, 1)
    for number in range(plans["index"]["chunks"]):
        stages.encode_chunk(film, number)
    stages.join_film(film)
    done = read_json(Path("done/films", film, "join.json"))
    assert done["plan"] == digest(plans["join"])
    return done["rows"][0]


def ffmpeg(*arguments: str) -> str:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *arguments, "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    return done.stdout


def times_of(path: str, stream: int) -> list[Fraction]:
    """The time of every frame that FFmpeg decodes, in seconds."""
    said = ffmpeg(
        *("-copyts", "-i", path, "-map", f"0:{stream}", "-fps_mode", "passthrough"),
        *("-enc_time_base", "demux", "-f", "framecrc"),
    )
    base = _BASE.search(said)
    if base is None:
        return []
    lines = filter(None, map(_FRAME.match, said.splitlines()))
    return [int(line[2]) * Fraction(int(base[1]), int(base[2])) for line in lines]


def hash_of(path: str, stream: int) -> str:
    said = ffmpeg("-i", path, "-map", f"0:{stream}", "-c", "copy", "-f", "streamhash")
    return said.strip().split("=")[-1]


def opinion(source: str, result: str) -> tuple[str, str]:
    """What FFmpeg says of the result's times and of its copied streams."""
    with open_container(source) as film:
        picture = pick_video(film)
        video, tick = picture.index, picture.time_base
        others = {
            s.index: s.type
            for s in film.streams
            if s.index != video and s.type in ("audio", "video", "subtitle", "data")
        }
    kept = set()
    with open_container(result) as film:
        picture = pick_video(film)
        coloured, tick = picture.index, max(tick, picture.time_base)
        numbers = [s.index for s in film.streams if s.index != picture.index]
    kept |= {hash_of(result, number) for number in numbers}
    for path in (f"{result}.{suffix}" for suffix in SIDECARS):
        if Path(path).is_file():
            with open_container(path) as film:
                kept |= {hash_of(path, s.index) for s in film.streams}
    lost = [f"{n}:{kind}" for n, kind in others.items() if hash_of(source, n) not in kept]
    before, after = times_of(source, video), times_of(result, coloured)
    if len(before) != len(after):
        times = f"{len(before)} frames became {len(after)}"
    else:
        gap = max((abs(a - b) for a, b in zip(before, after, strict=True)), default=Fraction(0))
        times = "equal" if gap == 0 else f"{'' if gap <= tick else 'OFF BY '}{float(gap):.6f} s"
    streams = f"{len(others) - len(lost)} of {len(others)}" + (f" ({' '.join(lost)})" * bool(lost))
    return times, streams


def look(plans: dict[str, dict[str, Any]], results: str) -> dict[str, Any]:
    """A film's line of the table."""
    started = time.perf_counter()
    try:
        with IsolatedWorker() as worker:
            row = worker.call("benchmarks.odd_films:one_film", results, plans, timeout=SECONDS)
    except ItemError as error:
        row = {"status": "failed", "frames": None, "result": "", "checks": {}}
        row |= {"reason": error.fault, "remedy": error.remedy}
    seconds = time.perf_counter() - started
    times = streams = ""
    if row["result"] and row["status"] in ("coloured", "partial"):
        source = f"{plans['index']['archive']}/{plans['index']['path']}"
        times, streams = opinion(source, f"{results}/{row['result']}")
    return row | {"times": times, "streams": streams, "seconds": seconds}


def show(row: dict[str, Any]) -> None:
    why = f"{row['reason']} {row['remedy']}".strip()
    print(
        f"{row['source'][:52]:52} {row['status']:12} {row['frames'] or '':>5} "
        f"{row['times']:24} {row['streams']:12} {row['seconds']:6.1f}  {why}",
        flush=True,
    )
    for name, value in row["checks"].items():
        print(f"{'':8}{name}: {value}")


def table(folder: Path, results: Path, config: dict[str, Any], anyway: bool) -> bool:
    """Print a folder's table. True where verdicts and FFmpeg agree."""
    found: Scan = scan_archive(folder, results, probe, {})
    networks = {config["model"]: find_model(config["model"])}
    wishes = Overrides((Override("*", {"treat_as": "grey"}),) if anyway else ())
    planned = film_plans(found, folder, config, networks, wishes)
    all_plans = {plans["index"]["path"]: plans for plans in planned.values()}
    agree = True
    print(f"{folder}: {len(found.films())} films, left alone: {found.left_alone}")
    for entry in found.films():
        row = {"status": "failed", "frames": None, "times": "", "streams": "", "seconds": 0.0}
        row |= {"reason": entry.fault, "remedy": entry.remedy, "checks": {}}
        if entry.path in all_plans:
            row |= look(all_plans[entry.path], str(results))
        row["source"] = entry.path
        show(row)
        agree = agree and not _is_bad(row)
    return agree


def _is_bad(row: dict[str, Any]) -> bool:
    """Other frames or times than FFmpeg's, and nothing said of damage or of times mended."""
    differs = "OFF" in row["times"] or "became" in row["times"]
    said = row["status"] == "partial" or {"jumps", "repaired_timestamps"} & row["checks"].keys()
    return differs and not said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--anyway", action="store_true")
    parser.add_argument("--codec", default="h264")
    parser.add_argument("--effort", help="the encoder's; left out: its usual one")
    parser.add_argument("--keep", type=Path, help="keep the results in this folder")
    given = parser.parse_args()
    media = Path(os.environ.get("AUTOCHROME_MEDIA", "media"))
    config = yaml.safe_load(CONFIG.read_text())
    config["films"] |= {"codec": given.codec, "effort": given.effort}
    agree = True
    with tempfile.TemporaryDirectory() as temporary:
        for folder in given.folders or [media / name for name in SETS]:
            results = (given.keep or Path(temporary)).resolve() / folder.name
            results.mkdir(parents=True, exist_ok=True)
            agree &= table(folder.resolve(), results, config, given.anyway)
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
