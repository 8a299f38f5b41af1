"""The four stages of a film, as jobs call them, one after another or each on its own.

Every stage makes only what is missing under its key, and makes good what an earlier one left out,
so that a stage can be repeated, killed, or run alone. What is wrong with a film is a result: it
is written to the done file and passed on, and the job ends well.
"""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av

from ..errors import AutochromeError, ItemError, reason_of
from ..isolation import run_isolated
from ..models import find_model
from .colour import make_colour
from .deliver import deliver, failed_row, find_delivered
from .encode import make_chunk
from .index import make_index
from .work import FilmWork

# Time limits, in seconds, far above what any film takes: they only end a decoder that hangs.
_LEAST_TIME = 900
_BYTES_A_SECOND = 20_000
_PIXELS_A_SECOND = 200_000

_RESULTS_FAULTS = {
    errno.ENOSPC: "The disk with the results is full.",
    errno.EDQUOT: "The disk quota for the results is used up.",
    errno.EACCES: "No permission to write into the results folder.",
    errno.EROFS: "The results folder lies on a read-only disk.",
}


def index_film(film: str, threads: int) -> None:
    """Stage 1: everything about the film's frames. ``threads`` does not change the result."""
    work = FilmWork(film)
    content: dict[str, Any] = {"source_sha256": ""}

    def make() -> None:
        work.source_sha256 = work.hash_source()
        content["source_sha256"] = work.source_sha256
        if find_delivered(work) is None:
            _ensure_index(work)
            content["frames"] = len(work.load_index())

    _run(work, "index", "index", lambda: work.index_key, make, content)


def colour_chunk(film: str, number: int, threads: int) -> None:
    """Stage 2: the network's colours for one chunk. ``threads`` does not change the result."""
    work = FilmWork(film)

    def make() -> None:
        _pass_on(work, "index")
        if find_delivered(work) is None:
            _ensure_colour(work, number, threads)

    _run(work, f"colour-{number}", "colour", lambda: work.colour_key(number), make)


def encode_chunk(film: str, number: int) -> None:
    """Stage 3: one chunk of the result's picture."""
    work = FilmWork(film)

    def make() -> None:
        _pass_on(work, "index", *(f"colour-{n}" for n in work.neighbours(number)))
        if find_delivered(work) is None:
            _ensure_encoded(work, number)

    _run(work, f"encode-{number}", "encode", lambda: work.encode_key(number), make)


def join_film(film: str) -> None:
    """Stage 4: the film put together, checked, and given its name; the row for the manifest."""
    work = FilmWork(film)
    try:
        _pass_on(work, "index", *(f"encode-{n}" for n in range(work.chunks)))
        row = find_delivered(work)
        if row is None:
            row = _deliver(work)
    except ItemError as error:
        row = failed_row(work, error)
    except Exception as error:
        _stop_if_results_fail(error)
        row = failed_row(work, _unexpected(error))
    work.write_done("join", "join", rows=[row])


def _deliver(work: FilmWork) -> dict[str, Any]:
    try:
        _ensure_index(work)
        index = work.load_index()
        if not index.facts["in_colour"]:
            for number in range(work.chunks):
                _ensure_encoded(work, number)
        return deliver(work, index, _isolated)
    except ItemError as error:
        raise _FailedError(error, work.join_key) from error


def _run(
    work: FilmWork,
    name: str,
    stage: str,
    key: Callable[[], str],
    make: Callable[[], None],
    content: dict[str, Any] | None = None,
) -> None:
    """Do one stage and write its done file; a fault of the film is written there, too."""
    content = {} if content is None else content
    try:
        make()
        result = {"status": "done", "key": key(), "reason": "", "remedy": ""}
    except Exception as error:
        if not isinstance(error, ItemError):
            _stop_if_results_fail(error)
            error = _unexpected(error)
        failed = _failed_key(error, content, key)
        if failed and not isinstance(error, _FailedError):
            _journal_failure(work, failed, error)
        result = {
            "status": "failed", "key": failed, "reason": error.fault, "remedy": error.remedy
        }  # fmt: skip
    work.write_done(name, stage, **result, **content)
