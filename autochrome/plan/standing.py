"""Where the work stands: which jobs' results are what the present plan asks for.

Nothing here changes anything except `ask_again` and `keep_gone`.
"""

import contextlib
import fnmatch
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..archive import Journal, digest, manifest_rows, read_json, write_json_if_changed
from .values import Plans

Row = dict[str, Any]
GONE = Path("state/gone.json")


def read_done(path: Path) -> dict[str, Any] | None:
    """A done file's content; None if there is none, or what is there is torn."""
    try:
        return read_json(path)
    except (FileNotFoundError, ValueError):
        return None


def is_finished(done: dict[str, Any] | None, plan: dict[str, Any], results: Path) -> bool:
    """Does a done file speak of this very plan, and are its results there, untouched?"""
    if done is None or done.get("plan") != digest(plan):
        return False
    at = str(results)
    return all(_stands(row, at) for row in done.get("rows", ()))


def _stands(row: Row, results: str) -> bool:
    if row["status"] == "failed" and not row["key"]:
        # The source could not even be read through: perhaps a disk was away.
        return False
    if not row["result"]:
        return True
    try:
        status = os.stat(f"{results}/{row['result']}")
    except OSError:
        return False
    if (status.st_size, status.st_mtime_ns) != (row["result_size"], row["result_mtime_ns"]):
        return False
    beside = row["checks"].get("files_beside", {})
    return all(os.path.isfile(f"{results}/{name}") for name in beside)


def done_photos(results: Path) -> dict[str, Path]:
    """The done files of buckets of photographs. They are large together: one is read at a time."""
    return {path.stem: path for path in (results / "done/photos").glob("x*.json")}


def done_joins(results: Path) -> dict[str, Path]:
    return {path.parent.name: path for path in (results / "done/films").glob("*/join.json")}


def stale_stages(film: str, stages: Plans, results: Path) -> list[Path]:
    """Done files of an unfinished film's stages that do not count any more."""
    return [
        path
        for path in sorted((results / "done/films" / film).glob("*.json"))
        if not _counts(read_done(path), stages[path.stem.partition("-")[0]], results)
    ]


def _counts(done: dict[str, Any] | None, plan: dict[str, Any], results: Path) -> bool:
    """Does a stage's done file speak of this very plan, and is its file there?"""
    if done is None or done.get("plan") != digest(plan) or plan["stage"] == "join":
        return False
    if done["status"] == "failed" and not done["key"]:
        return False
    return not done.get("file") or (results / done["file"]).is_file()


def half_done(folder: Path, stale: list[Path], spans: list[list[int]]) -> list[Path]:
    """Done files that say that a job is done, where not all of its chunks are."""
    there = {path.stem for path in folder.glob("*-*.json")} - {path.stem for path in stale}
    return [
        folder / f"{stage}-{span[-1]}.json"
        for stage in ("colour", "encode")
        for span in spans
        if not there.issuperset(f"{stage}-{number}" for number in span)
    ]


def gone_rows(rows: Iterable[Row], planned_results: set[str], results: Path) -> dict[str, Row]:
    """Rows, by key, whose result is there but is no longer the result of any planned item."""
    return {
        row["key"]: row
        for row in rows
        if row["result"]
        and row["result"] not in planned_results
        and (results / row["result"]).is_file()
    }


def known_rows(done: Iterable[Path], results: Path) -> Iterator[Row]:
    """All rows that any file of the results folder still knows: those of done files count last."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError):
        yield from manifest_rows(results / "manifest.tsv")
    yield from (read_done(results / GONE) or {}).values()
    for path in done:
        yield from (read_done(path) or {}).get("rows", ())


def keep_gone(gone: dict[str, Row], results: Path) -> None:
    """Write state/gone.json: what renamed files and the pruning find results by."""
    if gone:
        write_json_if_changed(results / GONE, gone)
    else:
        (results / GONE).unlink(missing_ok=True)


def wants_again(row: Row, redo: str | None) -> bool:
    """Did a person ask for this item again, with ``redo=failed`` or a glob of its path?"""
    if redo is None:
        return False
    return row["status"] == "failed" if redo == "failed" else fnmatch.fnmatch(row["source"], redo)


def ask_again(journal: Path, redo: str | None) -> None:
    """Make the jobs forget what one journal says of the items asked for; of all, if None."""
    book = Journal(journal)
    for record in book.records():
        if redo is None or wants_again(record["row"], redo):
            book.redo(record["key"])
