"""The plan of a run: read the archive, write the plan, tell what there is to do."""

import atexit
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os.path import expanduser
from pathlib import Path
from typing import Any

from .. import films, photos
from ..archive import (
    ResultsBusyError,
    RunLock,
    read_json,
    recall,
    remember,
    scan_archive,
    set_back_to_now,
)
from ..certificates import make_test_certificate
from ..config import check_config
from ..credentials import TEST, planned_credentials
from ..errors import ArchiveError, AutochromeError, reason_of
from ..isolation import IsolatedWorker
from ..models import default_folders, planned_model
from . import estimate, preview, spans
from .draft import WORK, Draft, left_alone
from .overrides import TABLE, read_overrides
from .place import open_results

PROBE_SECONDS = 60
_REPORT = "If other programs play the film, please report this; else repair it."
_UNKNOWN_MEMORY = 3000
# Jobs that Snakemake starts on other machines find the results folder by this variable.
_FOR_JOBS = "AUTOCHROME_RESULTS"


@dataclass
class Run:
    """What the workflow asks of a plan: which jobs exist, and which of them have work.

    ``buckets`` and ``films`` (film → number of chunks) are all of the archive's;
    ``open_buckets`` and ``open_films`` are those that are not finished. ``accept_failures`` says
    whether failed items leave the exit status at 0, ``models`` which networks must be ready.

    A job does up to ``span`` chunks one after another, and is named by the last of them. ``work``
    holds expected seconds (by rule, and bucket or film), and megabytes of memory: ``needs`` of
    buckets, ``memory`` of films, and what the ``network`` takes.
    """

    results: Path
    buckets: list[str] = field(default_factory=list)
    films: dict[str, int] = field(default_factory=dict)
    open_buckets: set[str] = field(default_factory=set)
    open_films: set[str] = field(default_factory=set)
    accept_failures: bool = False
    models: list[str] = field(default_factory=list)
    work: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def span(self) -> int:
        return spans.span_for(self.films.values())

    def jobs_of(self, film: str) -> list[int]:
        """The jobs of each of a film's chunk stages: the last chunk of every span."""
        return spans.last_chunks(self.films[film], self.span)

    def jobs_near(self, film: str, job: int) -> list[int]:
        """The jobs that do a job's chunks and those beside them."""
        return spans.jobs_near(self.films[film], self.span, job)

    def memory_of(self, item: str, threads: int = 1) -> int:
        """Megabytes that a job of this bucket or film needs."""
        if item in self.work.get("needs", {}):
            networks = min(threads, photos.NETWORKS) * self.work["network"]
            return self.work["needs"][item].memory(threads) + networks
        if item in self.work.get("memory", {}):
            return self.work["memory"][item] + self.work["network"]
        return _UNKNOWN_MEMORY

    def minutes_of(self, rule: str, item: str) -> int:
        """Minutes that a cluster should allow a job."""
        return estimate.minutes_allowed(self.seconds_of(rule, item))

    def seconds_of(self, rule: str, item: str) -> float:
        """Seconds of one core that a job is expected to take; 0 if nothing is known of it."""
        return self.work.get("weights", {}).get(rule, {}).get(item, 0)

    def chunks_of(self, job: int) -> range:
        """The chunks that a job does."""
        return spans.chunks_of(self.span, job)


def settle(config: dict[str, Any], environment: Mapping[str, str]) -> tuple[Path | None, Path]:
    """The archive (None if none is set) and the results folder, absolute.

    Relative paths count from where the person called; ``~`` is the home, which not every shell
    puts in behind a ``=``. The launcher's word on the archive, in the environment, comes before
    the configuration's. For the demo, ``config`` gets what differs there: results beside its
    archive, and pictures in colour are copied. A preview has a results folder of its own in the
    results folder.
    """
    caller = Path(environment.get("AUTOCHROME_CALLER") or Path.cwd())
    archive = environment.get("AUTOCHROME_ARCHIVE") or expanduser(config["archive"] or "")
    if "AUTOCHROME_DEMO" in environment:
        config |= {"output": str(Path(archive).with_name("results")), "already_colour": "copy"}
    if isinstance(config["overrides"], str):
        config["overrides"] = str(caller / expanduser(config["overrides"]))
    if isinstance(config.get("credentials"), dict):
        for name, path in config["credentials"].items():
            if isinstance(path, str) and path != TEST:
                config["credentials"][name] = str(caller / expanduser(path))
    results = environment.get(_FOR_JOBS)
    if not results:
        results = Path(expanduser(config["output"]), preview.FOLDER if config["preview"] else "")
    return (caller / archive if archive else None), caller / results


def read_run(results: Path, accept_failures: bool = False) -> Run:
    """The run as the plan in the results folder has it; everything counts as open."""
    buckets = sorted(path.stem for path in (results / "plan/photos").glob("x*.json"))
    chunks = {
        path.parent.name: read_json(path)["chunks"]
        for path in sorted((results / "plan/films").glob("*/index.json"))
    }
    try:
        models = read_json(results / "plan/run.json").get("models", [])
        work = read_json(results / WORK)
    except FileNotFoundError:
        models, work = [], {}
    return Run(results, buckets, chunks, set(buckets), set(chunks), accept_failures, models, work)


def _say(line: str) -> None:
    """Print for a person; no file's name can disturb the terminal."""
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    print("".join(shown), file=sys.stderr)


def make_run(
    config: dict[str, Any],
    archive: Path | None,
    results: Path,
    *,
    dry: bool,
    hands: estimate.Hands,
    say: Callable[[str], None] = _say,
) -> Run:
    """Plan a run over the archive and write the plan; ``say`` gets lines for a person.

    ``hands`` is by what the time is told that the run will take.

    The results folder's lock is taken, and held until the process ends. While another run holds
    it, a dry run only reads. Raises AutochromeError where the run cannot start.
    """
    check_config(config)
    films.encoder_settings(config["films"])
    credentials = planned_credentials(config["credentials"], results)
    if archive is None:
        raise ArchiveError(
            "No archive is named.",
            "Call ./colorize FOLDER, or set archive in config/config.yaml.",
        )
    if not archive.is_dir():
        raise ArchiveError(
            f"The archive {archive} is not a folder that exists.", "Check the path for a slip."
        )
    overrides = read_overrides(Path(config["overrides"] or TABLE))
    models = {name: planned_model(name) for name in overrides.models(config["model"])}
    is_new = not results.exists()
    open_results(archive, results)
    lock = _take_lock(results, dry, say)
    if credentials is not None:
        config = config | {"credentials": credentials}
        if credentials["identity"] == TEST and not dry:
            make_test_certificate(credentials, results)
    if dry and is_new:
        atexit.register(shutil.rmtree, results, ignore_errors=True)
    known = recall(results / "state/scan.json")
    with _Prober() as probe:
        scan = scan_archive(archive, results, probe, known, photos.weigh, say)
    if not scan.photos() and not scan.films():
        if is_new and lock is not None:
            lock.release()
            shutil.rmtree(results)
        raise ArchiveError(
            f"There is no photograph and no film in {archive}{left_alone(scan)}.",
            "Name a folder that holds some.",
        )
    seconds = config["preview"]
    wanted = overrides.without_skipped(scan)
    part = preview.part_of(wanted, seconds) if seconds else wanted
    if seconds:
        say(
            f"A preview, in {results}: {len(part.photos()):,} of {len(wanted.photos()):,} "
            f"photographs, and {seconds:g} seconds of each film."
        )
    # By whatever links a person comes to it: another path would have every file hashed again.
    plan = Draft(config, Path(os.path.realpath(archive)), results, part, models, overrides)
    unmatched = overrides.unmatched([entry.path for entry in scan.entries])
    plan.compare(config["redo"])
    plan.tell(say, unmatched, hands)
    if not dry:
        estimate.check_disk(plan.bytes_needed(), results)
    if lock is not None:
        remember(scan, results / "state/scan.json", known)
        plan.write(config["redo"] if not dry else None)
        at = default_folders()
        brought = [name for name, model in models.items() if not model.is_embedded]
        made = [folder / name for folder in (at.store, at.converted) for name in brought]
        set_back_to_now([results / "plan", results / "done", *made])
    os.environ[_FOR_JOBS] = str(results)
    return Run(
        results,
        sorted(plan.photos),
        {film: stages["index"]["chunks"] for film, stages in sorted(plan.films.items())},
        plan.open_buckets,
        plan.open_films,
        config["failures"] == "accept",
        list(models),
        plan.work(),
    )


def _take_lock(results: Path, dry: bool, say: Callable[[str], None]) -> RunLock | None:
    """The lock, held until the process ends; None if a dry run finds it taken."""
    lock = RunLock(results)
    # Before it is held: a run that is stopped in between leaves none behind.
    atexit.register(lock.release)
    try:
        lock.acquire()
    except ResultsBusyError as error:
        if not dry:
            raise
        say(f"{error.fault} This dry run only reads.")
        return None
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
        except Exception as error:  # what nobody foresaw of one film stops no other
            return {"fault": f"It cannot be looked at: {reason_of(error)}.", "remedy": _REPORT}
        return {"header": header.to_json()}
