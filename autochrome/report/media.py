"""The report's small pictures: made once for each key, removed when no item has it any more.

What was made is noted in a journal, so that a report over a large archive costs only what is new.
Every picture is decoded in a child process: none can break the report.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from ..archive import Journal, open_source, read_json, sha256_file
from ..errors import ItemError, reason_of
from ..films import curve_path
from ..isolation import IsolatedWorker, load_ahead
from .film_frames import Curve, film_pairs, moments, plays_in_browser
from .thumbnails import photo_thumbnail

Row = dict[str, Any]
# A media record: {"key", "version", "pairs": [{"before", "after", "width", "height"}, …], "plays",
# "fault"}: ``plays`` tells whether a browser plays the result, ``fault`` why there are no pairs.
Media = dict[str, Any]

# Raised when the thumbnails change, so that old ones are made again.
_VERSION = 3
_FOLDER = Path("media")
_JOURNAL = Path("state/report.jsonl")
# Seconds after which a child that makes one item's thumbnails is given up.
_TIMEOUT = 300
# A child is given several photographs at once, as each call costs a fraction of a second.
_BATCH = 8


def media_of(rows: list[Row], results: Path, archive: Path, threads: int) -> dict[str, Media]:
    """Media records by key, of all rows with a result; what is missing is made.

    The paths in a record are relative to the report's folder. An item whose thumbnails cannot be
    made has a record without pairs.
    """
    report = results / "report"
    journal = Journal(results / _JOURNAL)
    there = set(_files_below(report))
    known: dict[str, Media] = {}
    missing: dict[str, Row] = {}
    for row in rows:
        if not row["result"] or row["key"] in known or row["key"] in missing:
            continue
        record = journal.find(row["key"])
        if record and record["version"] == _VERSION and there.issuperset(_files(record)):
            known[row["key"]] = record
        else:
            missing[row["key"]] = row
    for record, is_final in _make_all(list(missing.values()), results, archive, threads):
        known[record["key"]] = record
        if is_final:
            journal.append(record)
    return known


def curve_of(row: Row, results: Path) -> Curve | None:
    """How a film's colours go over time, if it is known."""
    try:
        return read_json(results / curve_path(row["key"]))
    except (FileNotFoundError, ValueError):
        return None


def remove_stale(media: dict[str, Media], results: Path) -> None:
    """Remove the thumbnails that no item's record names, and folders left empty."""
    report = results / "report"
    named = {name for record in media.values() for name in _files(record)}
    for name in set(_files_below(report)) - named:
        (report / name).unlink()
        try:
            (report / name).parent.rmdir()
        except OSError:
            continue


def _files(record: Media) -> Iterator[str]:
    for pair in record["pairs"]:
        yield from (pair[side] for side in ("before", "after") if pair[side])


def _files_below(report: Path) -> Iterator[str]:
    for folder in sorted((report / _FOLDER).glob("*")):
        for entry in os.scandir(folder):
            yield f"{_FOLDER}/{folder.name}/{entry.name}"


def _make_all(
    rows: list[Row], results: Path, archive: Path, threads: int
) -> Iterator[tuple[Media, bool]]:
    """Media records of ``rows``, and whether a later report need not try again."""
    batches = _batches(rows)
    threads = min(threads, len(batches))
    if not batches:
        return
    load_ahead(__name__)
    with ExitStack() as stack:
        workers: SimpleQueue[IsolatedWorker] = SimpleQueue()
        for _ in range(threads):
            workers.put(stack.enter_context(IsolatedWorker()))

        def make(batch: list[Row]) -> list[tuple[Media, bool]]:
            worker = workers.get()
            try:
                return _make_batch(worker, batch, results, archive)
            finally:
                workers.put(worker)

        pool = stack.enter_context(ThreadPoolExecutor(threads))
        for made in pool.map(make, batches):
            yield from made


def _batches(rows: list[Row]) -> list[list[Row]]:
    """Films first, each alone: one takes as long as dozens of photographs."""
    films = [[row] for row in rows if row["kind"] == "film"]
    photos = [row for row in rows if row["kind"] != "film"]
    return films + [photos[start : start + _BATCH] for start in range(0, len(photos), _BATCH)]


def _make_batch(
    worker: IsolatedWorker, batch: list[Row], results: Path, archive: Path
) -> list[tuple[Media, bool]]:
    try:
        return worker.call(make_media, batch, results, archive, timeout=_TIMEOUT * len(batch))
    except ItemError as error:
        if len(batch) == 1:
            return [(_media(batch[0], [], fault=str(error)), True)]
        # One of them ended the child: alone, each answers for itself.
        return [made for row in batch for made in _make_batch(worker, [row], results, archive)]


def make_media(batch: list[Row], results: Path, archive: Path) -> list[tuple[Media, bool]]:
    """Make the thumbnails of a few items, in a child process; see `_make_all`."""
    made = []
    for row in batch:
        try:
            make = _film_media if row["kind"] == "film" else _photo_media
            made.append((make(row, results, archive), True))
        except Exception as error:
            # A full disk may have room again, and what lies in an original's place may go; a
            # picture that cannot be decoded stays as it is.
            passing = isinstance(error, ItemError)
            passing |= isinstance(error, OSError) and error.errno is not None
            # Where the folders lie is nobody's business in a page.
            fault = reason_of(error).replace(f"{results}/", "").replace(f"{archive}/", "")
            made.append((_media(row, [], fault=fault), not passing))
    return [
        (media, is_final and _has_its_result(row, results))
        for row, (media, is_final) in zip(batch, made, strict=True)
    ]


def _has_its_result(row: Row, results: Path) -> bool:
    """Is the result the recorded one? Overwritten by hand, it is made again, and its pictures."""
    try:
        return sha256_file(results / row["result"]) == row["result_sha256"]
    except OSError:
        return False


def _media(row: Row, pairs: list[dict[str, Any]], plays: bool = False, fault: str = "") -> Media:
    common = {"key": row["key"], "version": _VERSION}
    return common | {"pairs": pairs, "plays": plays, "fault": fault}


def _name(key: str, part: str) -> str:
    return f"{_FOLDER}/{key[:2]}/{key[2:32]}-{part}.jpg"


def _original(row: Row, archive: Path) -> Path:
    """Raises ItemError if what lies there is not a file: decoders would wait for it."""
    source = archive / row["source"]
    open_source(source).close()
    return source


def _photo_media(row: Row, results: Path, archive: Path) -> Media:
    report = results / "report"
    before, after = _name(row["key"], "before"), _name(row["key"], "after")
    width, height = photo_thumbnail(results / row["result"], report / after)
    if row["status"] == "copied":
        before = ""
    else:
        is_damaged = row["status"] == "partial"
        photo_thumbnail(_original(row, archive), report / before, is_damaged)
    pair = {"before": before, "after": after, "width": width, "height": height}
    return _media(row, [pair])


def _film_media(row: Row, results: Path, archive: Path) -> Media:
    report = results / "report"
    parts = moments(curve_of(row, results))
    names = [
        (_name(row["key"], f"{n}-before"), _name(row["key"], f"{n}-after"))
        for n in range(len(parts))
    ]
    targets = [(report / before, report / after) for before, after in names]
    pairs = [
        {"before": names[n][0], "after": names[n][1], "width": width, "height": height}
        for n, (width, height) in film_pairs(
            _original(row, archive),
            results / row["result"],
            parts,
            targets,
            row["checks"].get("preview", {}).get("from_seconds"),
        )
    ]
    plays = plays_in_browser(results / row["result"])
    fault = "" if pairs else "No moment of it was found in the original."
    return _media(row, pairs, plays, fault)
