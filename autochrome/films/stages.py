"""The four stages of a film, one after another or each on its own; see `jobs`.

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
from .faults import fault_of
from .frames import frames_beside
from .index import make_index
from .work import FilmWork


def index_film(film: str, threads: int, fault: ItemError | None = None) -> None:
    """Stage 1: everything about the film's frames. ``threads`` does not change the result.

    Here and below, with a ``fault`` the stage is given up for it, and nothing else is done.
    """
    work = FilmWork(film)
    found: dict[str, Any] = {"source_sha256": ""}

    def make() -> None:
        found["source_sha256"] = work.hash_source()
        work.know_source(found["source_sha256"])
        _raise(fault)
        if not work.has_model or _delivered(work) is None:
            _ensure_index(work)
            index = work.load_index()
            found["file"] = str(work.index_path)
            found["frames"] = len(index)
            found["frames_by_chunk"] = [len(index.chunk(n)) for n in range(work.chunks)]
            found["pixels"] = index.picture.width * index.picture.height

    _run(work, "index", "index", lambda: work.index_key, make, found)


def colour_chunk(
    film: str, number: int, threads: int, device: str = "cpu", fault: ItemError | None = None
) -> None:
    """Stage 2: the network's colours for one chunk. ``threads`` does not change the result."""
    work = FilmWork(film)
    found: dict[str, Any] = {}

    def make() -> None:
        _raise(fault)
        _pass_on(work, "index")
        if _delivered(work) is None and _ensure_colour(work, number, threads, device):
            found["file"] = str(work.colour_path(number))

    _run(work, f"colour-{number}", "colour", lambda: work.colour_key(number), make, found)


def encode_chunk(film: str, number: int, fault: ItemError | None = None) -> None:
    """Stage 3: one chunk of the result's picture."""
    work = FilmWork(film)
    found: dict[str, Any] = {}

    def make() -> None:
        _raise(fault)
        _pass_on(work, "index", *(f"colour-{n}" for n in work.neighbours(number)))
        if _delivered(work) is None and _ensure_encoded(work, number):
            # The first that the join removes.
            found["file"] = str(work.encoded_parts(number)[0])

    _run(work, f"encode-{number}", "encode", lambda: work.encode_key(number), make, found)


def join_film(film: str, fault: ItemError | None = None) -> None:
    """Stage 4: the film put together, checked, and given its name; the row for the manifest."""
    work = FilmWork(film)
    found: dict[str, Any] = {}

    def make() -> None:
        _pass_on(work, "index", *(f"encode-{n}" for n in range(work.chunks)))
        found["row"] = _delivered(work)
        if found["row"] is None:
            _raise(fault)
            _ensure_index(work)
            found["row"] = deliver(work, lambda: _ensure_all_encoded(work))
        found["row"] = frames_beside(work, found["row"], fault)

    error, key = _try(work, lambda: work.join_key, make)
    row = found.get("row")
    if error is not None:
        row = new_row(work) | {
            "key": key, "status": "failed", "reason": error.fault, "remedy": error.remedy
        }  # fmt: skip
        work.record_failure(key, error, row)
    work.write_done("join", "join", rows=[row])


def _raise(fault: ItemError | None) -> None:
    if fault is not None:
        raise fault


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
        fault = fault_of(error)
    blocked = isinstance(fault, BlockedError)
    if blocked or not work.source_is_known or not work.source_stands():
        return fault, ""
    work.record_failure(key(), fault)
    return fault, key()


class _PassedOnError(Exception):
    """Another stage failed: its fault and its key."""

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


def _delivered(work: FilmWork) -> dict[str, Any] | None:
    """As `find_delivered`; that the film's end failed before is that stage's failure alone."""
    try:
        return find_delivered(work)
    except ItemError as error:
        raise _PassedOnError(error, work.join_key) from error


def _ensure_index(work: FilmWork) -> None:
    if work.has(work.index_key, work.index_path):
        return
    settings = work.plan("index")["settings"]
    work.folder.mkdir(parents=True, exist_ok=True)
    make_index(
        work.source,
        str(work.index_path),
        work.chunks,
        settings["key_frames"],
        settings.get("treat_as"),
        settings.get("preview"),
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
        make_colour(
            str(work.index_path),
            work.source,
            number,
            work.model,
            str(path),
            threads,
            device,
            work.plan("colour")["settings"].get("crop"),
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
        parts = make_chunk(
            str(work.index_path),
            work.source,
            number,
            [str(work.colour_path(n)) for n in colours],
            work.plan("encode")["settings"],
            str(work.encode_path(number)),
            str(work.thumbs_path(number)),
        )
        work.check_source()
        work.record_encoded(number, parts)
    return True


def _ensure_all_encoded(work: FilmWork) -> list[int]:
    """Make what is missing of the encoded chunks; gives the numbers of those that are not empty."""
    return [number for number in range(work.chunks) if _ensure_encoded(work, number)]
