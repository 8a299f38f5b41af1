"""The four stages of a film, as jobs call them, one after another or each on its own.

Every stage makes only what is missing under its key, and makes good what an earlier one left out,
so that a stage can be repeated, killed, or run alone. What is wrong with a film is a result: it
is written to the done file and passed on, and the job ends well.
"""

from collections.abc import Callable
from typing import Any

from ..errors import AutochromeError, BlockedError, ItemError
from .colour import make_colour
from .deliver import deliver, find_delivered, new_row
from .encode import make_chunk
from .faults import as_item_error, isolated, stop_if_results_fail, time_limit
from .frames import frames_beside
from .index import FilmIndex, make_index
from .work import FilmWork


def index_film(film: str, threads: int) -> None:
    """Stage 1: everything about the film's frames. ``threads`` does not change the result."""
    work = FilmWork(film)
    found: dict[str, Any] = {"source_sha256": ""}

    def make() -> None:
        found["source_sha256"] = work.hash_source()
        work.know_source(found["source_sha256"])
        if not work.has_model or find_delivered(work) is None:
            _ensure_index(work)
            found["file"] = str(work.index_path)
            found["frames"] = len(work.load_index())

    _run(work, "index", "index", lambda: work.index_key, make, found)


def colour_chunk(film: str, number: int, threads: int, device: str = "cpu") -> None:
    """Stage 2: the network's colours for one chunk. ``threads`` does not change the result."""
    work = FilmWork(film)
    found: dict[str, Any] = {}

    def make() -> None:
        _pass_on(work, "index")
        if find_delivered(work) is None and _ensure_colour(work, number, threads, device):
            found["file"] = str(work.colour_path(number))

    _run(work, f"colour-{number}", "colour", lambda: work.colour_key(number), make, found)


def encode_chunk(film: str, number: int) -> None:
    """Stage 3: one chunk of the result's picture."""
    work = FilmWork(film)
    found: dict[str, Any] = {}

    def make() -> None:
        _pass_on(work, "index", *(f"colour-{n}" for n in work.neighbours(number)))
        if find_delivered(work) is None and _ensure_encoded(work, number):
            # The first that the join removes.
            found["file"] = str(work.encoded_parts(number)[0])

    _run(work, f"encode-{number}", "encode", lambda: work.encode_key(number), make, found)


def join_film(film: str) -> None:
    """Stage 4: the film put together, checked, and given its name; the row for the manifest."""
    work = FilmWork(film)
    found: dict[str, Any] = {}

    def make() -> None:
        _pass_on(work, "index", *(f"encode-{n}" for n in range(work.chunks)))
        found["row"] = find_delivered(work)
        if found["row"] is None:
            _ensure_index(work)
            found["row"] = deliver(work, lambda: _ensure_all_encoded(work))
        found["row"] = frames_beside(work, found["row"])

    error, key = _try(work, lambda: work.join_key, make)
    row = found.get("row")
    if error is not None:
        row = new_row(work) | {
            "key": key, "status": "failed", "reason": error.fault, "remedy": error.remedy
        }  # fmt: skip
        work.record_failure(key, error, row)
    work.write_done("join", "join", rows=[row])


def _run(
    work: FilmWork,
    name: str,
    stage: str,
    key: Callable[[], str],
    make: Callable[[], None],
    found: dict[str, Any],
) -> None:
    """Do one stage and write its done file; a fault of the film is written there, too."""
    error, its_key = _try(work, key, make)
    if error is None:
        result = {"status": "done", "key": its_key, "reason": "", "remedy": ""}
    else:
        result = {
            "status": "failed", "key": its_key, "reason": error.fault, "remedy": error.remedy
        }  # fmt: skip
    work.write_done(name, stage, **result, **found)


def _try(
    work: FilmWork, key: Callable[[], str], make: Callable[[], None]
) -> tuple[ItemError | None, str]:
    """Do the work of a stage. Gives the film's fault, if there is one, and the key it belongs to.

    The key is "" where the source could not even be hashed, or is not there any more (perhaps a
    disk is away), and where something is in the result's way: the next run tries again. Raises
    AutochromeError for faults of the whole run.
    """
    try:
        make()
        return None, key()
    except _PassedOnError as passed:
        return passed.error, passed.key
    except ItemError as error:
        fault = error
    except AutochromeError:
        raise
    except Exception as error:
        stop_if_results_fail(error)
        fault = as_item_error(error)
    blocked = isinstance(fault, BlockedError)
    if blocked or not work.source_is_known or not work.source_stands():
        return fault, ""
    work.record_failure(key(), fault)
    return fault, key()


class _PassedOnError(Exception):
    """An earlier stage failed: its fault and its key."""

    def __init__(self, error: ItemError, key: str):
        super().__init__(error.fault)
        self.error = error
        self.key = key


def _pass_on(work: FilmWork, *names: str) -> None:
    """Raise the failure of the first of these earlier jobs that failed."""
    for name in names:
        done = work.read_done(name)
        if done is not None and done["status"] == "failed":
            raise _PassedOnError(ItemError(done["reason"], done["remedy"]), done["key"])


def _ensure_index(work: FilmWork) -> None:
    if work.has(work.index_key, work.index_path):
        return
    plan = work.plan("index")
    work.folder.mkdir(parents=True, exist_ok=True)
    limit = time_limit(source_bytes=plan["size"])
    isolated(
        make_index,
        work.source,
        str(work.index_path),
        work.chunks,
        plan["settings"]["key_frames"],
        plan["settings"].get("treat_as"),
        plan["settings"].get("preview"),
        limit=limit,
    )
    work.check_source()
    work.record(work.index_key, work.index_path)


def _ensure_colour(work: FilmWork, number: int, threads: int = 1, device: str = "cpu") -> bool:
    """Make the chunk's ab maps; False where there is nothing to colour."""
    _ensure_index(work)
    index = work.load_index()
    if work.stays_as_it_is(index) or not index.chunk(number):
        return False
    path = work.colour_path(number)
    if not work.has(work.colour_key(number), path):
        isolated(
            make_colour,
            str(work.index_path),
            work.source,
            number,
            work.model,
            str(path),
            threads,
            device,
            work.plan("colour")["settings"].get("crop"),
            limit=_chunk_limit(work, index, number),
        )
        work.check_source()
        work.record(work.colour_key(number), path)
    return True


def _ensure_encoded(work: FilmWork, number: int) -> bool:
    """Make the encoded chunk; False where there is nothing to encode."""
    colours = [n for n in work.neighbours(number) if _ensure_colour(work, n)]
    if number not in colours:
        return False
    if not work.has_encoded(number):
        parts = isolated(
            make_chunk,
            str(work.index_path),
            work.source,
            number,
            [str(work.colour_path(n)) for n in colours],
            work.plan("encode")["settings"],
            str(work.encode_path(number)),
            str(work.thumbs_path(number)),
            limit=_chunk_limit(work, work.load_index(), number),
        )
        work.check_source()
        work.record_encoded(number, parts)
    return True


def _ensure_all_encoded(work: FilmWork) -> list[int]:
    """Make what is missing of the encoded chunks; gives the numbers of those that are not empty."""
    return [number for number in range(work.chunks) if _ensure_encoded(work, number)]


def _chunk_limit(work: FilmWork, index: FilmIndex, number: int) -> float:
    # A chunk may have to be read from the beginning of the film.
    return time_limit(
        source_bytes=work.plan("index")["size"],
        frames=len(index.chunk(number)),
        pixels=index.picture.width * index.picture.height,
    )
