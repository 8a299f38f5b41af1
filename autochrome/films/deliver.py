"""The end of a film's way: joined, checked, under its final name, with its row for the manifest."""

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .. import __version__
from ..archive import (
    beside,
    canonical_json,
    changed_while_read,
    copy_source,
    is_intact,
    name_of_copy,
    read_json,
    sha256_file,
    stamp,
    temporary_beside,
    write_json,
)
from ..errors import ItemError
from ..mark import NEWS_CODES, statement
from .coding import Coding
from .index import FilmIndex
from .join import join_chunks
from .notes import damage_of, index_notes, why_left
from .signed import sign_film
from .streams import SIDECARS
from .verify import verify_film
from .work import FilmWork
from .xmp import write_mark

_GONE = Path("state/gone.json")

# Files that may stand beside a film, by suffix.
_BESIDE = (*SIDECARS, "xmp")

# Bytes by which the names of such files are longer than the film's.
LONGEST_BESIDE = 1 + max(map(len, _BESIDE))

# What becomes of a film in colour, without and with a wish for copies.
_IN_COLOUR = ("left_colour", "copied")

Row = dict[str, Any]


def new_row(work: FilmWork) -> Row:
    """A row with what the plan knows of a film."""
    plan = work.plan("index")
    return {
        "source": plan["path"],
        "kind": "film",
        "sha256": work.source_sha256 if work.source_is_known else "",
        "size": plan["size"],
        "width": None,
        "height": None,
        "frames": None,
        "model": "",
        "model_sha256": "",
        "precision": "",
        "key": "",
        "result": "",
        "result_sha256": "",
        "result_size": None,
        "result_mtime_ns": None,
        "status": "",
        "reason": "",
        "remedy": "",
        "colorfulness": None,
        "luma_error": None,
        "checks": {},
    }


def find_delivered(work: FilmWork) -> Row | None:
    """The row of a finished film whose key is the present one, its result at its present name.

    None if there is none, its file is not what it was, or a film in colour is to be treated
    otherwise now. Raises ItemError if the same was tried before and failed.
    """
    for record in (work.journal.find(work.join_key), _gone_record(work.join_key)):
        if record is None:
            continue
        if record.get("reason"):
            raise ItemError(record["reason"], record["remedy"])
        row = dict(record["row"])
        if row["status"] in _IN_COLOUR and row["status"] != _IN_COLOUR[_wants_copy(work)]:
            continue
        work.adopt(row["source"])
        if row["result"]:
            result = _result_name(work, row["status"])
            if not _brought(record, result):
                continue
            row |= {"result": result, **_stamp_of(result)}
            if "files_beside" in row["checks"]:
                row["checks"] = row["checks"] | {"files_beside": beside(row, result)}
        if row["status"] not in _IN_COLOUR:
            row["checks"] = _told_of_signing(work, row["checks"])
        row["source"] = work.plan("index")["path"]
        if row != record["row"] or work.journal.find(work.join_key) is None:
            _record(work, row)
        return row
    return None


def deliver(work: FilmWork, encoded: Callable[[], list[int]]) -> Row:
    """Join, check and name the film; leave or copy one that is in colour already.

    ``encoded`` gives the numbers of the chunks to join, having made those that are missing: the
    join uses them up.
    """
    index = work.load_index()
    row = new_row(work) | {
        "width": index.picture.width,
        "height": index.picture.height,
        "frames": len(index),
        "key": work.join_key,
    }
    if work.stays_as_it_is(index):
        row["checks"] = index_notes(index, _tints_are_kept(work))
        row |= _left_or_copied(
            work, why_left(index, work.plan("index")["settings"].get("treat_as"))
        )
    else:
        row |= _coloured(work, index, encoded)
    _record(work, row)
    # No other job of this film runs now: parts are what killed ones left.
    for path in (*work.folder.glob("encode-*"), *work.folder.glob(".part-*")):
        path.unlink(missing_ok=True)
    return row


def _tints_are_kept(work: FilmWork) -> bool:
    return work.plan("encode")["settings"]["tint"] == "keep"


def _wants_copy(work: FilmWork) -> bool:
    return work.plan("join")["settings"]["already_colour"] == "copy"


def _left_or_copied(work: FilmWork, why: str) -> Row:
    if not _wants_copy(work):
        return {"status": "left_colour", "reason": why}
    result = _result_name(work, "copied")
    part = temporary_beside(Path(result))
    try:
        if copy_source(work.source, part) != work.source_sha256:
            raise changed_while_read()
        os.replace(part, result)
    finally:
        part.unlink(missing_ok=True)
    return {"status": "copied", "result": result, **_stamp_of(result)} | {
        "result_sha256": work.source_sha256
    }


def _coloured(work: FilmWork, index: FilmIndex, encoded: Callable[[], list[int]]) -> Row:
    plan = work.plan("join")
    model = work.model
    settings = work.plan("encode")["settings"]

    part = temporary_beside(work.folder / f"join.{plan['container']}")
    try:
        verdict = _joined_and_verified(work, index, encoded(), part)
        work.check_source()
        result = plan["result"]
        Path(result).parent.mkdir(parents=True, exist_ok=True)
        files_beside = {}
        for suffix in _BESIDE:
            if Path(f"{part}.{suffix}").is_file():
                os.replace(f"{part}.{suffix}", f"{result}.{suffix}")
                files_beside[f"{result}.{suffix}"] = sha256_file(f"{result}.{suffix}")
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        digest = sha256_file(part)
        os.replace(part, result)
    finally:
        for path in (part, *(Path(f"{part}.{suffix}") for suffix in _BESIDE)):
            path.unlink(missing_ok=True)
    write_json(curve_path(work.join_key), verdict["curve"])
    checks = (
        verdict["checks"]
        | Coding.of(index.picture, settings).notes()
        | index_notes(index, _tints_are_kept(work))
    )
    checks = _told_of_signing(work, checks)
    checks["made_by"] = {
        "version": __version__,
        "settings": settings
        | work.plan("colour")["settings"]
        | work.plan("index")["settings"]
        | {
            "temperature": model.temperature,
            "digital_source_type": plan["settings"]["digital_source_type"],
        },
    }
    if work.credentials:
        checks["made_by"]["settings"]["credentials"] = work.credentials["identity"]
    if "visible_mark" in settings:
        checks["visible_mark"] = "three dots in the lower right corner, in chroma only"
    if files_beside:
        checks["files_beside"] = files_beside
    bad = index.facts["bad_frames"]
    return {
        "status": "partial" if bad else "coloured",
        "reason": damage_of(index) if bad else "",
        "remedy": "Nothing, unless there is a better copy of the film." if bad else "",
        "model": model.name,
        "model_sha256": model.sha256,
        "precision": model.form.precision,
        "result": result,
        "result_sha256": digest,
        **_stamp_of(result),
        "colorfulness": verdict["colorfulness"],
        "luma_error": verdict["luma_error"],
        "checks": checks,
    }


def _told_of_signing(work: FilmWork, checks: dict[str, Any]) -> dict[str, Any]:
    """The checks with why there are no credentials, where they are wanted and cannot be.

    That is not a part of the key: such a film is the same with credentials and without.
    """
    if work.credentials:
        return checks
    others = {name: value for name, value in checks.items() if name != "credentials"}
    return others | ({"credentials": work.why_unsigned} if work.why_unsigned else {})


def curve_path(key: str) -> Path:
    """Where the curve of the film with this key lies, below the results folder; see `Curve`."""
    return Path("state/curves", f"{key[:32]}.json")


def _joined_and_verified(
    work: FilmWork, index: FilmIndex, chunks: list[int], target: Path
) -> dict[str, Any]:
    """Join the chunks to ``target``, check it, and sign it if that is wanted: the `Verdict`."""
    plan, settings = work.plan("join"), work.plan("encode")["settings"]
    container, source, facts = plan["container"], Path(work.source), _facts(work, settings)
    encoded = [path for n in chunks for path in work.encoded_parts(n)]
    made = _made(work, settings)
    joined = join_chunks(index, work.source, encoded, container, made, target)
    note = write_mark(source, target, container, facts)
    thumbs = [work.thumbs_path(n) for n in chunks]
    coding = Coding.of(index.picture, settings)
    verdict = asdict(verify_film(index, target, joined, thumbs, coding))
    if note:
        verdict["checks"]["xmp"] = note
    if work.credentials:
        verdict["checks"]["credentials"] = sign_film(
            target, source, f".{container}", credentials=work.credentials, facts=facts
        )
    return verdict


def _made(work: FilmWork, settings: dict[str, Any]) -> str:
    """What made the result, and that a trained model did: one tag."""
    return canonical_json(
        {
            "software": f"Autochrome {__version__}",
            "DigitalSourceType": NEWS_CODES + work.plan("join")["settings"]["digital_source_type"],
            "statement": statement(work.model.name, __version__),
            "model": work.model.identity(),
            "temperature": work.model.temperature,
            "settings": settings,
            "source_sha256": work.source_sha256,
        }
    )


def _facts(work: FilmWork, settings: dict[str, Any]) -> dict[str, str]:
    """What the mark beside a film says of how it was made; as a photograph's."""
    return {
        "software": "Autochrome",
        "version": __version__,
        "model": work.model.name,
        "model_sha256": work.model.sha256,
        "precision": work.model.form.precision,
        "temperature": str(work.model.temperature),
        "saturation": str(settings["saturation"]),
        "source_sha256": work.source_sha256,
        "digital_source_type": work.plan("join")["settings"]["digital_source_type"],
    }


def _result_name(work: FilmWork, status: str) -> str:
    """The plan's name; a copy keeps the source's own suffix, because it keeps its format."""
    result = work.plan("join")["result"]
    return name_of_copy(work.plan("index")["path"], result) if status == "copied" else result


def _gone_record(key: str) -> dict[str, Any] | None:
    try:
        row = read_json(_GONE).get(key)
    except FileNotFoundError:
        return None
    if row is None:
        return None
    return {"row": row, "path": row["result"], "sha256": row["result_sha256"]}


def _brought(record: dict[str, Any], result: str) -> bool:
    """Is the record's film at ``result``, or could it be copied there whole, with all beside it?"""
    row = record["row"]
    new, old = beside(row, result), beside(row, record["path"])
    if _is_whole(result, record) and all(map(os.path.isfile, new)):
        return True
    is_there = _is_whole(record["path"], record) and all(map(os.path.isfile, old))
    if record["path"] == result or not is_there:
        return False
    for path, to in zip((record["path"], *old), (result, *new), strict=True):
        _copy(path, to)
    return True


def _is_whole(path: str, record: dict[str, Any]) -> bool:
    if "size" in record:
        return is_intact(path, record)
    return Path(path).is_file() and sha256_file(path) == record["sha256"]


def _copy(path: str, to: str) -> None:
    part = temporary_beside(Path(to))
    try:
        shutil.copyfile(path, part)
        os.replace(part, to)
    finally:
        part.unlink(missing_ok=True)


def _stamp_of(result: str) -> dict[str, Any]:
    now = stamp(result)
    return {"result_size": now["size"], "result_mtime_ns": now["mtime_ns"]}


def _record(work: FilmWork, row: Row) -> None:
    record = {"key": row["key"], "row": row}
    if row["result"]:
        record |= {
            "path": row["result"],
            "sha256": row["result_sha256"],
            "size": row["result_size"],
            "mtime_ns": row["result_mtime_ns"],
        }
    work.journal.append(record)
