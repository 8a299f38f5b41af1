"""The end of a run: manifest and pruning, the report, and the verdict on failed items."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from .. import films
from ..archive import (
    RESULTS_MARK,
    Journal,
    digest,
    gather,
    known_before,
    prune,
    read_json,
    read_manifest,
    write_json,
    write_manifest,
    write_provenance,
)
from ..errors import AutochromeError

_RUN_PLAN = Path("plan/run.json")
_RESULTS = Path()


def close_manifest(done_files: Iterable[str], done: str) -> None:
    """Write the manifest from the jobs' done files, and prune what has lost its source.

    The working directory is the results folder. ``done`` gets the digest of the run's plan and
    what pruning held back.
    """
    plan = read_json(_RUN_PLAN)
    rows = gather(map(Path, done_files), plan["faults"])
    outcome = prune(
        _RESULTS,
        rows,
        known_before(_RESULTS),
        confirmed=plan["prune"] == "confirm",
        walk_had_errors=plan["walk_had_errors"],
    )
    write_manifest(rows, _RESULTS)
    write_provenance(rows, _RESULTS)
    if not outcome.held:
        _forget_films()
    held = {"held": outcome.held, "reason": outcome.reason, "remedy": outcome.remedy}
    write_json(Path(done), {"plan": digest(plan), "prune": held})


def _forget_films() -> None:
    """Remove the work files, frames and journals of films no longer in the archive."""
    for path in Path("state/films").glob("*"):
        if not Path("plan/films", path.stem).is_dir():
            if path.suffix == ".jsonl":
                films.remove_frames(Journal(path))
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def close_report(manifest_done: str, done: str) -> None:
    """Write the report from the manifest; the working directory is the results folder."""
    # Loaded here, since the other jobs of this module need neither templates nor pandas.
    from .pages import write_report
    from .timings import write_timings

    run_info = read_json(_RUN_PLAN) | {"prune": read_json(Path(manifest_done))["prune"]}
    archive = Path(read_json(Path(RESULTS_MARK))["archive"])
    write_report(read_manifest(Path("manifest.tsv")), run_info, _RESULTS, archive)
    write_timings(_RESULTS)
    write_json(Path(done), {"plan": digest(read_json(_RUN_PLAN))})


def give_verdict(done: str) -> None:
    """Write ``done``, or raise AutochromeError naming the items of the manifest that failed."""
    failed = [row for row in read_manifest(Path("manifest.tsv")) if row["status"] == "failed"]
    if failed:
        names = "\n".join(f"  {row['source']}: {row['reason']} {row['remedy']}" for row in failed)
        raise AutochromeError(
            f"{len(failed)} {'item has' if len(failed) == 1 else 'items have'} failed:\n{names}\n",
            "See report/index.html. To try them again: --config redo=failed; to live with them: "
            "--config failures=accept.",
        )
    write_json(Path(done), {"failed": 0})
