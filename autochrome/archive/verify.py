"""The proof, afterwards: originals and results are the bytes that the manifest speaks of."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..errors import ArchiveError, ItemError
from .files import escape_tsv, read_json
from .manifest import (
    CHECKSUMS,
    MANIFEST,
    PROVENANCE,
    Row,
    checksums,
    provenance,
    read_manifest,
    result_files,
)
from .scan import RESULTS_MARK
from .sources import hash_source

_RESULT_FOLDERS = ("photos", "films")
_TOLD_EVERY = 1000


@dataclass(frozen=True)
class Outcome:
    """What verifying found: sentences about what is not as it was, and how much was compared."""

    faults: tuple[str, ...]
    originals: int
    results: int


def verify_results(
    results: Path, archive: Path | None = None, say: Callable[[str], None] = lambda line: None
) -> Outcome:
    """Hash every original and every result of a results folder again, and compare.

    The manifest's own companions, SHA256SUMS and provenance.jsonl, must say what it says.
    ``archive`` is where the originals lie now, if not where they were coloured; ``say`` hears how
    far it is. Raises ArchiveError if the folder has no manifest, or the archive is away.
    """
    try:
        rows = read_manifest(results / MANIFEST)
        archive = archive or Path(read_json(results / RESULTS_MARK)["archive"])
    except (OSError, ValueError, KeyError) as error:
        raise ArchiveError(
            f"{results} is not a results folder with a whole manifest.tsv.",
            "Name the folder that a finished run wrote.",
        ) from error
    if not archive.is_dir():
        raise ArchiveError(
            f"The archive {archive} is not there.",
            "Mount its disk, or say where the originals lie now: --archive /path/to/archive",
        )
    originals = [row for row in rows if row["sha256"]]
    expected = [(archive / row["source"], row["sha256"], _original(row)) for row in originals]
    files = {name: sha256 for row in rows for name, sha256 in result_files(row).items()}
    expected += [
        (results / name, sha256, f"The result {_shown(name)}") for name, sha256 in files.items()
    ]
    faults = [fault for fault in _compared(expected, say) if fault]
    faults += [
        f"{_shown(name)} lies among the results, but the manifest does not know it."
        for name in _unknown(results, set(files))
    ]
    companions = {CHECKSUMS: checksums(rows), PROVENANCE: provenance(rows)}
    faults += filter(None, (_companion(results / n, told) for n, told in companions.items()))
    return Outcome(tuple(faults), len(originals), len(files))


def _companion(path: Path, told: bytes) -> str | None:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return f"{path.name} is missing."
    return None if found == told else f"{path.name} does not say what {MANIFEST} says."


def _original(row: Row) -> str:
    return f"The original {_shown(row['source'])}"


def _shown(name: str) -> str:
    """A name on one line of any terminal."""
    return escape_tsv(name).encode(errors="backslashreplace").decode()


def _compared(
    expected: list[tuple[Path, str, str]], say: Callable[[str], None]
) -> Iterator[str | None]:
    """For each file (path, SHA-256, what it is) a sentence on how it differs, or None."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for number, fault in enumerate(pool.map(_compare, expected), 1):
            if number % _TOLD_EVERY == 0:
                say(f"{number:,} of {len(expected):,} files compared")
            yield fault


def _compare(expected: tuple[Path, str, str]) -> str | None:
    path, sha256, what = expected
    try:
        found = hash_source(path)
    except FileNotFoundError:
        return f"{what} is gone."
    except ItemError as error:
        return f"{what} cannot be read: {error.fault}"
    except OSError as error:
        return f"{what} cannot be read: {error.strerror}."
    return None if found == sha256 else f"{what} has changed: its SHA-256 is {found}, not {sha256}."


def _unknown(results: Path, known: set[str]) -> list[str]:
    found = Counter(
        path.relative_to(results).as_posix()
        for folder in _RESULT_FOLDERS
        for path in (results / folder).rglob("*")
        if path.is_file()
    )
    return sorted(found.keys() - known)
