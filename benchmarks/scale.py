"""What the workflow itself costs over archives of any size, apart from the colouring.

    python -m benchmarks.scale FOLDER [--photos 100000] [--films 300] [--minutes 90] [--real 5000]

Makes its archives in FOLDER (about 4 kB of disk a photograph, twice). Times are CPU seconds, user
and system, of all processes of a run, with the seconds on the clock beside them; memory is the
peak of the largest process. Everything counts as done after a *null job*: each photograph's result
is the photograph, each film's result a few bytes, written with the library's own journals, done
files and manifest. Only the own cost a photograph is measured on a real run: its CPU time less that
of `colour_photo` called for the same photographs, with a *null network* in both, which says of
every picture that it is a little warm. (With a real one, most of the time would be the network's,
and a machine's speed is not the same for minutes.)
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import yaml

from autochrome.archive import canonical_json, digest, read_json, stamp, write_atomic, write_json
from autochrome.models import NetworkPredictor, find_model
from autochrome.models.convert.graph import Graph
from autochrome.photos import colour_photo
from autochrome.report import close_manifest, give_verdict

from .archives import add_films, add_photos
from .environment import job_environment

REPOSITORY = Path(__file__).resolve().parents[1]
NULL = {
    "file": "null.onnx",
    "input": {"colour": "L", "side": 32, "multiple": 32},
    "output": {"colour": "ab", "stride": 4},
}


@dataclass
class Cost:
    """What one run took: CPU seconds, seconds on the clock, peak memory in MB."""

    cpu: float
    clock: float
    memory: float

    def __str__(self) -> str:
        return f"{self.cpu:7.1f} s CPU {self.clock:7.1f} s clock {self.memory:6.0f} MB"


def run(
    archive: Path, results: Path, *options: str, project: Path = REPOSITORY, model: str = "compact"
) -> Cost:
    """One run of the workflow as the launcher starts it; it must end well."""
    command = [sys.executable, str(project / "workflow/snakemake_command.py")]
    command += ["--logger", "autochrome", "--snakefile", str(project / "Snakefile")]
    command += ["--workflow-profile", str(project / "profiles/default"), *options]
    command += ["--config", f"output={results}", f"model={model}"]
    names = {"AUTOCHROME_ARCHIVE": str(archive), "AUTOCHROME_CALLER": str(archive.parent)}
    names |= {"PYTHONSAFEPATH": "1"}
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        env=job_environment(project / "workflow/plugins") | names,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    said = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(said)
    memory = usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - began, memory)


def finish(results: Path) -> None:
    """Bring a planned results folder into the state after a run: the null job."""
    os.chdir(results)
    for path in sorted(Path("plan/photos").glob("*.json")):
        plan = read_json(path)
        rows = [_null_photo(plan["archive"], item) for item in plan["items"]]
        lines = [canonical_json(_record(row)) + "\n" for row in rows]
        write_atomic(Path("state/photos", f"{path.stem}.jsonl"), "".join(lines))
        write_json(Path("done/photos", path.name), {"plan": digest(plan), "rows": rows})
    for folder in sorted(Path("plan/films").glob("*")):
        plan, index = read_json(folder / "join.json"), read_json(folder / "index.json")
        result = Path(plan["result"])
        result.parent.mkdir(parents=True, exist_ok=True)
        result.write_bytes(b"film")
        row = _row("film", index["path"], index["size"], plan["result"])
        done = Path("done/films", folder.name, "join.json")
        write_json(done, {"plan": digest(plan), "rows": [row]})
    done_files = [*Path("done/photos").glob("*.json"), *Path("done/films").glob("*/join.json")]
    close_manifest(map(str, done_files), "done/manifest.json")
    for page in ("index.html", "overview.html"):
        write_atomic(Path("report", page), "")
    write_json(Path("done/report.json"), {"plan": digest(read_json(Path("plan/run.json")))})
    give_verdict("done/verdict.json")


def _null_photo(archive: str, item: dict[str, Any]) -> dict[str, Any]:
    result = Path(item["result"])
    result.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(Path(archive, item["path"]), result)
    return _row("photo", item["path"], item["size"], item["result"])


def _row(kind: str, source: str, size: int, result: str) -> dict[str, Any]:
    now = stamp(result)
    texts = ("reason", "remedy")
    return {
        "source": source,
        "kind": kind,
        "sha256": digest(source),
        "size": size,
        "width": 48,
        "height": 48,
        "frames": 1,
        "model": "null",
        "model_sha256": "0" * 64,
        "precision": "fp32",
        "key": digest(["key", source]),
        "result": result,
        "result_sha256": digest(result),
        "result_size": now["size"],
        "result_mtime_ns": now["mtime_ns"],
        "status": "coloured",
        "colorfulness": 10.0,
        "luma_error": 0.0,
        "checks": {},
        **dict.fromkeys(texts, ""),
    }


def _record(row: dict[str, Any]) -> dict[str, Any]:
    record = {"key": row["key"], "row": row, "path": row["result"], "sha256": row["result_sha256"]}
    return record | {"size": row["result_size"], "mtime_ns": row["result_mtime_ns"]}


def planned_and_done(folder: Path, photos: int, films: int, minutes: float) -> tuple[Path, Path]:
    """Archive and results of a given size: the first plan is measured, then all is done."""
    archive, results = folder / f"archive-{photos}", folder / f"results-{photos}"
    shutil.rmtree(results, ignore_errors=True)
    add_photos(archive, photos)
    add_films(archive, films, minutes)
    # A dry run before the first leaves nothing behind, unless the results folder is there.
    results.mkdir()
    print(f"{photos:7,} photos, {films} films, first plan (dry)  {run(archive, results, '-n')}")
    finish(results)
    return archive, results


def own_cost(folder: Path, photos: int) -> None:
    """CPU time of a real run over small photographs, and of nothing but their colouring.

    The run is measured twice, and their colouring before and after each: a machine's speed is not
    the same for minutes. Nothing is deleted meanwhile: ext4 takes no inode again for minutes, and a
    new file would cost several times as much where thousands were deleted just before.
    """
    archive = folder / "archive-real"
    results = [folder / f"results-real-{turn}" for turn in range(3)]
    for made in results:
        if made.exists():
            raise SystemExit(f"{made} exists. Delete it, and wait for ten minutes.")
    project = _with_null_network(folder)
    add_photos(archive, 1)
    first = results.pop()
    run(archive, first, project=project, model="null")
    add_photos(archive, photos)

    def pure_work() -> float:
        return _pure_work(archive, first, folder / "pure.jpg", project)

    own, before = [], pure_work()
    for made in results:
        whole = run(archive, made, project=project, model="null")
        after = pure_work()
        own.append(1000 * (whole.cpu - (before + after) / 2) / photos)
        print(f"{photos:7,} photos, a real run, null network    {whole}")
        print(f"    pure work {before:.1f} s CPU before and {after:.1f} s after it", end="; ")
        print(f"own cost {own[-1]:.1f} ms CPU a photo")
        before = after
    files = _count(made / "state") + _count(made / ".snakemake")
    print(f"    own cost {sum(own) / len(own):.1f} ms CPU a photo; {files:,} files")


def _with_null_network(folder: Path) -> Path:
    """A copy of the project that knows the null network, for models kept in ``folder``."""
    os.environ["AUTOCHROME_MODELS"] = str(folder / "models")
    project = folder / "project"
    shutil.rmtree(project, ignore_errors=True)
    left = shutil.ignore_patterns(".*", "demo", "results", "__pycache__")
    shutil.copytree(REPOSITORY, project, ignore=left)
    graph = Graph("null")
    lightness = graph.input("L", ("n", 1, "h", "w"))
    weights = graph.constant("weights", np.full((2, 1, 4, 4), 0.1 / 16, np.float32))
    ab = graph.node("Conv", [lightness, weights], "ab", kernel_shape=[4, 4], strides=[4, 4])
    onnx.save(graph.model({ab: ("n", 2, "h4", "w4")}), project / "config/null.onnx")
    (project / "config/models.yaml").write_text(yaml.safe_dump({"null": NULL}))
    return project


def _pure_work(archive: Path, results: Path, target: Path, project: Path) -> float:
    """CPU seconds of `colour_photo` for all photographs, one after another, in this process."""
    settings = read_json(next((results / "plan/photos").iterdir()))["settings"]
    null = find_model("null", own=project / "config/models.yaml")
    predict = NetworkPredictor(null.path, "fp32", null.input, null.output)
    sources = sorted(archive.glob("*/*.jpg"))
    names = ("software", "version", "model", "model_sha256", "precision", "temperature")
    facts = dict.fromkeys((*names, "saturation", "source_sha256"), "")
    facts["digital_source_type"] = settings["digital_source_type"]
    colour_photo(sources[0], target, "jpeg", predict, settings, facts)
    began = time.process_time()
    for source in sources:
        colour_photo(source, target, "jpeg", predict, settings, facts)
    return time.process_time() - began


def _count(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=int, default=100_000)
    parser.add_argument("--films", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--real", type=int, default=5000)
    asked = parser.parse_args()
    if asked.photos <= 100:
        parser.error("--photos: more than 100, of which a tenth is looked at, too")
    folder = asked.folder.resolve()
    cpu = {}
    for photos in (asked.photos // 10, asked.photos):
        archive, results = planned_and_done(folder, photos, asked.films, asked.minutes)
        before = stamp(results / "done/manifest.json")
        done = run(archive, results)
        if stamp(results / "done/manifest.json") != before:
            raise RuntimeError("There was something to do: the null job leaves something out.")
        cpu[photos] = done.cpu
        print(f"{photos:7,} photos, nothing to do              {done}", flush=True)
    os.utime(next(archive.glob("*/*.jpg")))
    print(f"{photos:7,} photos, one changed (dry)          {run(archive, results, '-n')}")
    some, all_ = cpu.values()
    print(f"    ten times the photographs, nothing to do: x {all_ / some:.1f}")
    print(f"    files in state: {_count(results / 'state'):,}; jobs of photographs, each with one")
    print(f"    file in .snakemake: {len(list((results / 'plan/photos').iterdir())):,}", flush=True)
    own_cost(folder, asked.real)


if __name__ == "__main__":
    main()
