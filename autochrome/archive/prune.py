"""Pruning: results whose source is gone go to the trash, and nothing else ever does.

Only files that a record of this results folder named are touched. Pruning runs before the new
manifest is written, so that a run killed in between still knows what it has to prune. What is
held back is kept in ``state/unpruned.json`` until it is pruned or wanted again.

``trash/<n>`` holds what one run pruned and is emptied at the next good one; ``trash/part`` is a
pruning that was not finished. A result that a person changed goes to ``trash/changed``, which is
never emptied by the program.
"""

import os
import shutil
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .files import read_json, write_json_if_changed
from .keys import sha256_file
from .manifest import MANIFEST, Row, read_manifest, result_files

_GONE = Path("state/gone.json")
_UNPRUNED = Path("state/unpruned.json")
_TRASH = Path("trash")
_RESULT_FOLDERS = ("photos", "films")
# A loss of more than this share, and of more than so many results, needs a person's word.
_CAREFUL_SHARE = 0.05
_CAREFUL_COUNT = 20


@dataclass(frozen=True)
class PruneOutcome:
    """What pruning did: ``pruned`` and ``changed`` name results, ``held`` counts those kept.

    ``changed`` are those of ``pruned`` whose bytes a person had changed. ``reason`` and
    ``remedy`` say why results were held back; both are empty if none were.
    """

    pruned: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    held: int = 0
    reason: str = ""
    remedy: str = ""


def known_before(results: Path) -> list[Row]:
    """The rows of results that earlier runs left here: `prune`'s ``previous``.

    They come from the manifest as the last run wrote it, from what was held back since, and from
    what the planner found to be gone.
    """
    rows = [*_read_unpruned(results), *_read_gone(results), *_read_manifest(results)]
    return list({row["result"]: row for row in rows if row["result"]}.values())


def prune(
    results: Path, rows: list[Row], previous: list[Row], confirmed: bool, walk_had_errors: bool
) -> PruneOutcome:
    """Move the results of ``previous`` that no row of ``rows`` names to the trash.

    Nothing is moved if the walk through the archive had errors, or, unless ``confirmed``, if more
    than 5 % and more than 20 of the results would be lost; then the outcome says so. To be called
    before `write_manifest`; a call that was killed is completed by the next one.
    """
    stale = _stale(results, rows, previous)
    there = [row for row in stale if (results / row["result"]).is_file()]
    held = _why_held(there, rows, previous, confirmed, walk_had_errors)
    if held is not None:
        write_json_if_changed(results / _UNPRUNED, there)
        return held
    _empty_trash(results, stale)
    changed = [row["result"] for row in there if _move_to_trash(results, row)]
    _close_trash(results)
    # Last, and the manifest after this: whatever a killed run left undone is found again.
    for path in (_UNPRUNED, _GONE):
        (results / path).unlink(missing_ok=True)
    return PruneOutcome(tuple(row["result"] for row in there), tuple(changed))


def _read_unpruned(results: Path) -> list[Row]:
    try:
        return read_json(results / _UNPRUNED)
    except (FileNotFoundError, ValueError):
        return []


def _read_gone(results: Path) -> list[Row]:
    try:
        return list(read_json(results / _GONE).values())
    except (FileNotFoundError, ValueError):
        return []


def _read_manifest(results: Path) -> list[Row]:
    try:
        return read_manifest(results / MANIFEST)
    except (FileNotFoundError, ValueError, KeyError):
        return []


def _stale(results: Path, rows: list[Row], previous: list[Row]) -> list[Row]:
    """Rows of ``previous`` whose file no present row names, each file once, sorted by name."""
    present = {row["result"] for row in rows if row["result"]}
    folded = {_folded(name): name for name in present}
    stale = {
        row["result"]: row
        for row in previous
        if row["result"] not in present
        and _is_result_name(row["result"])
        and not _is_same_file(results, row["result"], folded.get(_folded(row["result"])))
    }
    return [stale[name] for name in sorted(stale)]


def _is_result_name(name: str) -> bool:
    """A manifest that was edited by hand must not lead out of the results."""
    parts = name.split("/")
    return len(parts) > 1 and parts[0] in _RESULT_FOLDERS and not {"", ".", ".."} & set(parts)


def _is_same_file(results: Path, old: str, new: str | None) -> bool:
    """Where the file system ignores case or Unicode form, two names may be one file."""
    try:
        return new is not None and os.path.samefile(results / old, results / new)
    except OSError:
        return False


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _why_held(
    stale: list[Row],
    rows: list[Row],
    previous: list[Row],
    confirmed: bool,
    walk_had_errors: bool,
) -> PruneOutcome | None:
    if not stale:
        return None
    if walk_had_errors:
        return PruneOutcome(
            held=len(stale),
            reason=(
                f"{len(stale)} results were not moved to the trash although their sources were "
                "not found: parts of the archive could not be looked at."
            ),
            remedy="Make the whole archive readable, then run again.",
        )
    lost = _lost(stale, rows)
    total = len({row["result"] for row in previous if row["result"]})
    if confirmed or lost <= _CAREFUL_COUNT or lost <= _CAREFUL_SHARE * total:
        return None
    return PruneOutcome(
        held=len(stale),
        reason=(
            f"{lost} of {total} results have no source any more. "
            "As these are many, nothing was moved to the trash."
        ),
        remedy=(
            "Is a part of the archive missing? Bring it back and run again. "
            "If the sources are gone on purpose, run with --config prune=confirm"
        ),
    )


def _lost(stale: Iterable[Row], rows: Iterable[Row]) -> int:
    """How many stale results are neither kept under another name nor replaced by a new one."""
    kept = {row["key"] for row in rows if row["result"]}
    done = {row["source"] for row in rows if row["status"] != "failed"}
    return sum(row["key"] not in kept and row["source"] not in done for row in stale)


def _move_to_trash(results: Path, row: Row) -> bool:
    """Move one item's result; tell whether a person had changed it."""
    changed = [
        _move_file(results, name, sha256)
        for name, sha256 in result_files(row).items()
        if (results / name).is_file()
    ]
    _remove_empty_folders(results, PurePosixPath(row["result"]).parent)
    return any(changed)


def _move_file(results: Path, name: str, sha256: str) -> bool:
    source = results / name
    changed = sha256_file(source) != sha256
    target = results / _TRASH / ("changed" if changed else "part") / name
    number = 0
    while changed and target.exists():
        number += 1
        target = target.with_name(f"{source.stem}~{number}{source.suffix}")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not os.replace: photos/ may be a link to another disk.
    shutil.move(source, target)
    return changed


def _remove_empty_folders(results: Path, folder: PurePosixPath) -> None:
    while len(folder.parts) > 1:
        try:
            (results / folder).rmdir()
        except OSError:
            return
        folder = folder.parent


def _empty_trash(results: Path, stale: list[Row]) -> None:
    """Remove what earlier runs pruned; not what a run pruned that could not write its manifest."""
    for folder in _numbered(results):
        if not any((folder / row["result"]).exists() for row in stale):
            shutil.rmtree(folder)


def _close_trash(results: Path) -> None:
    part = results / _TRASH / "part"
    if part.is_dir():
        last = max((int(folder.name) for folder in _numbered(results)), default=0)
        part.rename(part.with_name(str(last + 1)))
    elif (results / _TRASH).is_dir() and not any((results / _TRASH).iterdir()):
        (results / _TRASH).rmdir()


def _numbered(results: Path) -> list[Path]:
    trash = results / _TRASH
    if not trash.is_dir():
        return []
    return [f for f in trash.iterdir() if f.is_dir() and f.name.isascii() and f.name.isdigit()]
