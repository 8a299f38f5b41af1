"""The plan of a run: read the archive, write the plan, tell what there is to do."""

import atexit
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import films
from ..archive import (
    RESULTS_MARK,
    Entry,
    ResultsBusyError,
    RunLock,
    Scan,
    read_json,
    recall,
    remember,
    remove_leftovers,
    scan_archive,
    write_json_if_changed,
)
from ..config import check_config
from ..errors import ArchiveError, AutochromeError
from ..isolation import IsolatedWorker
from ..models import Model, find_model, verify_model
from . import estimate, standing, values

PROBE_SECONDS = 60
# Jobs that Snakemake starts on other machines find the results folder by this variable.
_FOR_JOBS = "AUTOCHROME_RESULTS"


@dataclass
class Run:
    """What the workflow asks of a plan: which jobs exist, and which of them have work.

    ``buckets`` and ``films`` (film → number of chunks) are all of the archive's;
    ``open_buckets`` and ``open_films`` are those that are not finished. ``accept_failures`` says
    whether failed items leave the exit status at 0.
    """

    results: Path
    buckets: list[str] = field(default_factory=list)
    films: dict[str, int] = field(default_factory=dict)
    open_buckets: set[str] = field(default_factory=set)
    open_films: set[str] = field(default_factory=set)
    accept_failures: bool = False


def settle(config: dict[str, Any], environment: Mapping[str, str]) -> tuple[Path | None, Path]:
    """The archive (None if none is set) and the results folder, absolute.

    Relative paths count from where the person called. The launcher's word on the archive, in the
    environment, comes before the configuration's. For the demo, ``config`` gets what differs
    there: results beside its archive, and pictures in colour are copied.
    """
    caller = Path(environment.get("AUTOCHROME_CALLER") or Path.cwd())
    archive = environment.get("AUTOCHROME_ARCHIVE") or config["archive"]
    if "AUTOCHROME_DEMO" in environment:
        config |= {"output": str(Path(archive).with_name("results")), "already_colour": "copy"}
    results = environment.get(_FOR_JOBS) or config["output"]
    return (caller / archive if archive else None), caller / results


def read_run(results: Path, accept_failures: bool = False) -> Run:
    """The run as the plan in the results folder has it; everything counts as open."""
    buckets = sorted(path.stem for path in (results / "plan/photos").glob("x*.json"))
    chunks = {
        path.parent.name: read_json(path)["chunks"]
        for path in sorted((results / "plan/films").glob("*/index.json"))
    }
    return Run(results, buckets, chunks, set(buckets), set(chunks), accept_failures)


def make_run(
    config: dict[str, Any],
    archive: Path | None,
    results: Path,
    *,
    dry: bool,
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr),
) -> Run:
    """Plan a run over the archive and write the plan; ``say`` gets lines for a person.

    The results folder's lock is taken, and held until the process ends. While another run holds
    it, a dry run only reads. Raises AutochromeError where the run cannot start.
    """
    check_config(config)
    if archive is None:
        raise ArchiveError(
            "No archive is named.",
            "Call ./colorize FOLDER, or set archive in config/config.yaml.",
        )
    if not archive.is_dir():
        raise ArchiveError(
            f"The archive {archive} is not a folder that exists.", "Check the path for a slip."
        )
    model = find_model(config["model"])
    verify_model(model)
    is_new = not results.exists()
    _open_results(archive, results)
    lock = _take_lock(results, dry, say)
    if dry and is_new:
        atexit.register(shutil.rmtree, results, ignore_errors=True)
    known = recall(results / "state/scan.json")
    if config["redo"] is not None:
        known = {path: entry for path, entry in known.items() if not entry.fault}
    with _Prober() as probe:
        scan = scan_archive(archive, results, probe, known)
    if not scan.photos() and not scan.films():
        if is_new and lock is not None:
            lock.release()
            shutil.rmtree(results)
        raise ArchiveError(
            f"There is no photograph and no film in {archive}{_left_alone(scan)}.",
            "Name a folder that holds some.",
        )
    plan = _Plan(config, archive, results, scan, model)
    plan.compare(config["redo"])
    plan.tell(say)
    if not dry:
        estimate.check_disk(plan.bytes_needed(), results)
    if lock is not None:
        remember(scan, results / "state/scan.json")
        plan.write(config["redo"] if not dry else None)
    os.environ[_FOR_JOBS] = str(results)
    return plan.run(config["failures"] == "accept")


def _open_results(archive: Path, results: Path) -> None:
    """Make the results folder, or see that it belongs to this archive."""
    mark = results / RESULTS_MARK
    belongs = os.path.realpath(archive)
    if os.path.realpath(results) == belongs:
        raise ArchiveError(
            f"The results folder and the archive are the same folder, {archive}.",
            "Choose another results folder with --config output=FOLDER.",
        )
    try:
        results.mkdir(parents=True, exist_ok=True)
        if mark.exists():
            other = read_json(mark)["archive"]
            if other != belongs:
                raise ArchiveError(
                    f"The results in {results} are those of another archive, {other}.",
                    "Choose another results folder with --config output=FOLDER; if the archive "
                    f"has only moved, delete {mark} and nothing will be coloured again.",
                )
        write_json_if_changed(mark, {"archive": belongs})
    except OSError as error:
        raise ArchiveError(
            f"The results folder {results} cannot be made or written to ({error.strerror}).",
            "Give yourself write permission, or choose another with --config output=FOLDER.",
        ) from error


def _take_lock(results: Path, dry: bool, say: Callable[[str], None]) -> RunLock | None:
    """The lock, held until the process ends; None if a dry run finds it taken."""
    lock = RunLock(results)
    try:
        lock.acquire()
    except ResultsBusyError as error:
        if not dry:
            raise
        say(f"{error.fault} This dry run only reads.")
        return None
    atexit.register(lock.release)
    return lock


class _Prober:
    """Probes films in a child process that is started when the first film needs it."""

    def __init__(self) -> None:
        self._worker: IsolatedWorker | None = None

    def __enter__(self) -> "_Prober":
        return self

    def __exit__(self, *exception: Any) -> None:
        if self._worker is not None:
            self._worker.__exit__(*exception)

    def __call__(self, path: str) -> dict[str, Any]:
        self._worker = self._worker or IsolatedWorker()
        try:
            header = self._worker.call(films.probe_film, path, timeout=PROBE_SECONDS)
        except AutochromeError as error:
            return {"fault": error.fault, "remedy": error.remedy}
        return {"header": header.to_json()}


class _Plan:
    """The plan's values beside what the results folder holds."""

    def __init__(
        self, config: dict[str, Any], archive: Path, results: Path, scan: Scan, model: Model
    ):
        self.results = results
        self.scan = scan
        self.photos = values.photo_plans(scan, archive, config, model)
        self.films = values.film_plans(scan, archive, config, model)
        self.rest = values.run_plan(scan, config, self.photos, self.films)
        self.headers: dict[str, Entry] = {
            values.film_id(e.path): e for e in scan.films() if e.header is not None
        }

    def compare(self, redo: str | None) -> None:
        """Find what is not finished: another plan, results gone or overwritten, or asked again."""
        self.done_photos = standing.done_photos(self.results)
        self.done_joins = standing.done_joins(self.results)
        self.open_buckets = {
            bucket
            for bucket, plan in self.photos.items()
            if not standing.is_finished(self.done_photos.get(bucket), plan, self.results)
            or self._asked(self.done_photos[bucket], redo)
        }
        self.open_films = {
            film
            for film, stages in self.films.items()
            if not standing.is_finished(self.done_joins.get(film), stages["join"], self.results)
            or self._asked(self.done_joins[film], redo)
        }

    @staticmethod
    def _asked(done: dict[str, Any], redo: str | None) -> bool:
        return any(standing.wants_again(row, redo) for row in done["rows"])

    def weights(self) -> dict[str, dict[str, float]]:
        """Expected seconds of every job that has work, by rule and bucket or film."""
        weights: dict[str, dict[str, float]] = {
            "colour_photos": {b: estimate.photo_weight(self.photos[b]) for b in self.open_buckets}
        }
        for film in sorted(self.open_films):
            chunks = self.films[film]["index"]["chunks"]
            costs = estimate.film_weights(self.headers[film].header, chunks)
            for rule, seconds in costs.items():
                weights.setdefault(rule, {})[film] = seconds
        return weights

    def bytes_needed(self) -> int:
        return estimate.bytes_needed(
            [self.photos[bucket] for bucket in self.open_buckets],
            [(self.headers[film].header, self.films[film]) for film in self.open_films],
        )

    def tell(self, say: Callable[[str], None]) -> None:
        """What was found, and what there is to do."""
        say(
            f"Found {_count(len(self.scan.photos()), 'photograph')} and "
            f"{_count(len(self.scan.films()), 'film')}{_left_alone(self.scan)}."
        )
        for fault in self.rest["faults"]:
            say(f"Cannot be read: {fault['source']}: {fault['reason']}")
        if not self.open_buckets and not self.open_films:
            say("Everything is done already.")
            return
        photos = sum(len(self.photos[bucket]["items"]) for bucket in self.open_buckets)
        frames = sum(estimate.film_frames(self.headers[f].header) for f in self.open_films)
        work = [_count(photos, "photograph")] if photos else []
        if self.open_films:
            work.append(f"{_count(len(self.open_films), 'film')} (about {frames:,} frames)")
        seconds = sum(
            cost * (self.films[film]["index"]["chunks"] if rule.endswith("_chunk") else 1)
            for rule, costs in self.weights().items()
            for film, cost in costs.items()
        )
        cores = os.cpu_count() or 1
        seconds *= estimate.calibration(self.results) / cores
        say(
            f"To look at: {' and '.join(work)}; at most about {estimate.as_duration(seconds)} on "
            f"{_count(cores, 'core')} and {estimate.as_size(self.bytes_needed())} of disk."
        )

    def write(self, redo: str | None) -> None:
        """Write the plan's files and remove the done files that no longer speak of it."""
        results = self.results
        if self.open_buckets or self.open_films:
            remove_leftovers(results)
        rows = standing.known_rows([*self.done_photos.values(), *self.done_joins.values()], results)
        standing.keep_gone(standing.gone_rows(rows, self._wanted_results(), results), results)
        if redo is not None:
            self._forget(redo)
        _write_folder(
            results / "plan/photos", {f"{b}.json": plan for b, plan in self.photos.items()}
        )
        _write_folder(
            results / "plan/films",
            {
                f"{film}/{stage}.json": plan
                for film, stages in self.films.items()
                for stage, plan in stages.items()
            },
        )
        write_json_if_changed(results / "plan/run.json", self.rest)
        write_json_if_changed(results / "state/work.json", {"weights": self.weights()})
        for bucket in self.done_photos:
            if bucket not in self.photos or bucket in self.open_buckets:
                (results / f"done/photos/{bucket}.json").unlink(missing_ok=True)
        for film in {path.name for path in (results / "done/films").glob("*")}:
            self._clear_film(film)
        if self.open_buckets or self.open_films or not self._is_closed():
            # Snakemake makes a missing file that lies between only if one at the end is missing.
            for stage in ("manifest", "report", "verdict"):
                (results / f"done/{stage}.json").unlink(missing_ok=True)

    def _wanted_results(self) -> set[str]:
        """Names of results that the plan makes, or that finished jobs have made for it."""
        wanted = {item["result"] for plan in self.photos.values() for item in plan["items"]}
        wanted |= {stages["join"]["result"] for stages in self.films.values()}
        finished = [self.done_photos[b] for b in self.photos.keys() - self.open_buckets]
        finished += [self.done_joins[f] for f in self.films.keys() - self.open_films]
        return wanted | {row["result"] for done in finished for row in done["rows"]}

    def _is_closed(self) -> bool:
        """Are manifest and report there, and made for this very plan?"""
        done = standing.read_done(self.results / "done/manifest.json")
        made = ("manifest.tsv", "SHA256SUMS", "report/index.html")
        return standing.is_finished(done, self.rest, self.results) and all(
            (self.results / name).is_file() for name in made
        )

    def _clear_film(self, film: str) -> None:
        folder = self.results / "done/films" / film
        if film not in self.films:
            stale = list(folder.glob("*.json"))
        elif film in self.open_films:
            stale = standing.stale_stages(film, self.films[film], self.results)
        else:
            return
        for path in stale:
            path.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()

    def _forget(self, redo: str) -> None:
        """Make the jobs forget what a person wants to have done again."""
        for bucket in self.open_buckets:
            standing.ask_again(self.results / f"state/photos/{bucket}.jsonl", redo)
        for film in self.open_films:
            done = self.done_joins.get(film) or {"rows": []}
            if self._asked(done, redo):
                standing.ask_again(self.results / f"state/films/{film}.jsonl", None)
                for path in (self.results / "done/films" / film).glob("*.json"):
                    path.unlink()

    def run(self, accept_failures: bool) -> Run:
        return Run(
            self.results,
            sorted(self.photos),
            {film: stages["index"]["chunks"] for film, stages in sorted(self.films.items())},
            self.open_buckets,
            self.open_films,
            accept_failures,
        )


def _write_folder(folder: Path, contents: dict[str, Any]) -> None:
    """Make the JSON files below a folder exactly these, touching only what differs."""
    wanted = {folder / name for name in contents}
    for path in folder.glob("**/*.json"):
        if path not in wanted:
            path.unlink()
    for name, value in contents.items():
        write_json_if_changed(folder / name, value)
    for child in folder.glob("*"):
        if child.is_dir() and not any(child.iterdir()):
            child.rmdir()


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _left_alone(scan: Scan) -> str:
    if not scan.left_alone:
        return ""
    return f" (left alone: {', '.join(f'{what}: {n:,}' for what, n in scan.left_alone.items())})"
