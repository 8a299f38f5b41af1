"""The four stages of a film as the workflow's jobs call them: each in a child process.

A crash or a hang in a decoder ends the child and not the job, which then writes it down as the
film's fault. This process loads none of the libraries that work with pictures.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..archive import read_json
from ..errors import ItemError
from ..isolation import run_isolated

# Time limits, far above what any film takes: they only end what hangs.
_LEAST_SECONDS = 900
_BYTES_A_SECOND = 20_000
_FRAMES_A_SECOND = 1
_PIXELS_A_SECOND = 200_000


def index_film(film: str, threads: int) -> None:
    """Stage 1: everything about the film's frames. ``threads`` does not change the result."""
    _in_a_child("index_film", film, threads, limit=_limit(film, ()))


def colour_chunk(film: str, number: int, threads: int, device: str = "cpu") -> None:
    """Stage 2: the network's colours for one chunk. ``threads`` does not change the result."""
    _in_a_child("colour_chunk", film, number, threads, device, limit=_limit(film, [number]))


def encode_chunk(film: str, number: int) -> None:
    """Stage 3: one chunk of the result's picture."""
    _in_a_child("encode_chunk", film, number, limit=_limit(film, [number]))


def join_film(film: str) -> None:
    """Stage 4: the film put together, checked, and given its name; the row for the manifest."""
    _in_a_child("join_film", film, limit=_limit(film))


def _in_a_child(stage: str, film: str, *arguments: Any, limit: float) -> None:
    """Raises AutochromeError for faults of the whole run; a film's own are in its done file."""
    try:
        run_isolated(f"{__package__}.stages:{stage}", film, *arguments, timeout=limit)
    except ItemError as fault:
        # The stage itself catches what can be caught: its process died or took too long.
        from . import stages

        getattr(stages, stage)(film, *arguments, fault=fault)


def _limit(film: str, chunks: Iterable[int] | None = None) -> float:
    """Seconds after which a stage for these chunks (None: all) is taken to hang.

    A chunk may have to be read from the beginning of the film.
    """
    size = read_json(Path("plan/films", film, "index.json"))["size"]
    try:
        index = read_json(Path("done/films", film, "index.json"))
    except FileNotFoundError:
        index = {}
    counts = index.get("frames_by_chunk", [])
    numbers = range(len(counts)) if chunks is None else chunks
    frames = sum(counts[number] for number in numbers if number < len(counts))
    seconds_a_frame = 1 / _FRAMES_A_SECOND + index.get("pixels", 0) / _PIXELS_A_SECOND
    return _LEAST_SECONDS + size / _BYTES_A_SECOND + frames * seconds_a_frame
