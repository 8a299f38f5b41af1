"""Every file below the archive: what it is, and what was left alone.

Recognising a file costs a read, probing a film more; what was found is remembered by path, size
and modification time, so that a second look at an archive costs a walk through its folders.
"""

import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from ..errors import ItemError
from .files import read_json, write_json_if_changed
from .recognise import FILM_SUFFIXES, HEAD_BYTES, VERSION, recognise
from .sources import is_file, open_source, unless_stuck

# Folders and files that systems, and not people, put into an archive (compared in lower case).
_SYSTEM_NAMES = {
    *("@eadir", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "lost+found"),
    *("#recycle", "@recycle", "system volume information", "__macosx"),
}
# What a person may have taken for a photograph is counted under its own name.
_OTHERS = {
    "pdf": "PDF documents (extract their pictures, for example with pdfimages -all)",
    "svg": "SVG drawings",
    "icon": "icons",
    "postscript": "PostScript documents",
}
_AGAIN = "Get the file again from where it came from."
_NEARER = "Move what is in it nearer to the top of the archive."
_PERMIT = "Give read permission, or see that it is there."
_TOLD_EVERY_SECONDS = 20
# A file is given up for this run if nothing comes of it for so long.
_STILL_SECONDS = 60
# A folder with this file holds somebody's results: never input.
RESULTS_MARK = "autochrome.json"

# No files of people, and more of them than anybody can count: links into them are not followed.
_KERNELS = ("/proc/", "/sys/")
# Folders within folders; beyond some hundreds the names of what lies in them are too long for
# results and what works on them.
DEEPEST = 200

Fault = tuple[str, str, str]
Probe = Callable[[str], dict[str, Any]]
Weigh = Callable[[BinaryIO, str], tuple[int, int]]


@dataclass(slots=True)
class Entry:
    """One file below the archive: ``kind`` is photo, film or other; ``format`` says more.

    ``header`` is a film's probed header as plain values; ``fault`` and ``remedy`` say why a film
    cannot be read at all. ``pixels`` of a photograph and ``memory``, the bytes it takes to colour
    it, are 0 where they are not known.
    """

    path: str
    size: int
    mtime_ns: int
    kind: str
    format: str
    header: dict[str, Any] | None = None
    fault: str = ""
    remedy: str = ""
    pixels: int = 0
    memory: int = 0


_COLUMNS = [column.name for column in fields(Entry)]


@dataclass
class Scan:
    """What a walk through the archive found, sorted by path.

    ``left_alone`` counts what is neither photograph nor film; ``faults`` are (path, fault, remedy)
    of folders and files that could not be looked at. ``unsure`` are paths of entries that stand for
    this run only: they could not be read, and perhaps a disk was away.
    """

    entries: list[Entry] = field(default_factory=list)
    left_alone: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unsure: set[str] = field(default_factory=set)

    def photos(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind == "photo"]

    def films(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.kind == "film"]


def scan_archive(
    archive: Path,
    results: Path,
    probe: Probe,
    known: dict[str, Entry],
    weigh: Weigh = lambda _file, _form: (0, 0),
    say: Callable[[str], None] = lambda _line: None,
) -> Scan:
    """Walk the archive and recognise its files.

    ``results`` is never entered. ``probe`` takes a film's full path and returns
    ``{"header": …}`` or ``{"fault": …, "remedy": …}``; ``known`` is what `recall` gives. ``weigh``
    takes an open photograph and its format, and returns its pixels and the bytes it takes. ``say``
    hears from time to time how far it is.
    """
    scan = Scan()
    told = time.monotonic()
    left_alone: Counter[str] = Counter()
    for path, status in _walk(archive, results, scan.faults, left_alone):
        entry = known.get(path)
        if entry is None or (entry.size, entry.mtime_ns) != (status.st_size, status.st_mtime_ns):
            entry = _look(archive, path, status, probe, weigh, scan)
        if entry.kind == "other":
            left_alone[_OTHERS.get(entry.format, "other files")] += 1
        scan.entries.append(entry)
        if time.monotonic() - told > _TOLD_EVERY_SECONDS:
            told = time.monotonic()
            say(f"Looking through the archive: {len(scan.entries):,} files so far.")
    scan.entries.sort(key=lambda entry: entry.path)
    scan.left_alone = dict(sorted(left_alone.items()))
    return scan


def recall(memory: Path) -> dict[str, Entry]:
    """What an earlier scan remembered in the file ``memory``; empty if there is none."""
    try:
        kept = read_json(memory)
    except (FileNotFoundError, ValueError):
        return {}
    if kept["version"] != VERSION or kept.get("columns") != _COLUMNS:
        return {}
    return {row[0]: Entry(*row) for row in kept["rows"]}


def remember(scan: Scan, memory: Path, known: dict[str, Entry]) -> None:
    """Keep what was recognised, for `recall`; ``known`` is what the file holds already."""
    if len(scan.entries) == len(known) and all(known.get(e.path) is e for e in scan.entries):
        return
    sure = [entry for entry in scan.entries if entry.path not in scan.unsure]
    rows = [[getattr(entry, name) for name in _COLUMNS] for entry in sure]
    write_json_if_changed(memory, {"version": VERSION, "columns": _COLUMNS, "rows": rows})


def _walk(
    archive: Path, results: Path, faults: list[Fault], left_alone: Counter[str]
) -> Iterator[tuple[str, os.stat_result]]:
    """Relative path and status of every file that a person would call part of the archive.

    Links to files count as files. A link to a folder is followed once, unless what it leads to
    is in the archive anyway.
    """
    top = os.path.realpath(archive)
    above = {top, *map(str, Path(top).parents)}
    closed = {os.path.realpath(results)}
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            children = sorted(os.scandir(archive / folder), key=lambda child: child.name)
        except OSError as error:
            faults.append((folder or ".", f"The folder cannot be read: {error.strerror}.", _PERMIT))
            continue
        if folder and any(child.name == RESULTS_MARK for child in children):
            left_alone["folders of results"] += 1
            continue
        for child in children:
            path = f"{folder}/{child.name}" if folder else child.name
            if child.name.startswith(".") or child.name.lower() in _SYSTEM_NAMES:
                left_alone["hidden and system files"] += 1
                continue
            try:
                status = child.stat()
            except OSError as error:
                if child.is_symlink():
                    left_alone["links that lead nowhere"] += 1
                else:
                    faults.append((path, f"It cannot be looked at: {error.strerror}.", _PERMIT))
                continue
            if stat.S_ISDIR(status.st_mode):
                real = os.path.realpath(child.path)
                inside = real == top or real.startswith(top + os.sep)
                if real in closed or (child.is_symlink() and (inside or real in above)):
                    continue
                if f"{real}/".startswith(_KERNELS):
                    left_alone["pipes, sockets and devices"] += 1
                    continue
                if path.count("/") >= DEEPEST:
                    faults.append((path, f"It lies more than {DEEPEST} folders deep.", _NEARER))
                    continue
                closed.add(real)
                folders.append(path)
            elif is_file(status):
                yield path, status
            else:
                left_alone["pipes, sockets and devices"] += 1


def _look(
    archive: Path,
    path: str,
    status: os.stat_result,
    probe: Probe,
    weigh: Weigh,
    scan: Scan,
) -> Entry:
    source = archive / path
    try:
        # What says that it is empty is not read: files of the kernel's say so, and may not end.
        if not status.st_size:
            return _unread(path, status, "The file is empty.", _AGAIN)
        entry = unless_stuck(_STILL_SECONDS, _read_head, source, path, status, weigh)
        if entry.kind == "film":
            probed = probe(str(source))
            entry.header = probed.get("header")
            entry.fault, entry.remedy = probed.get("fault", ""), probed.get("remedy", "")
            if entry.fault:
                # Is it there at all?
                with open_source(source) as file:
                    file.read(1)
                if PurePosixPath(path).suffix.lower() not in FILM_SUFFIXES:
                    # Sound in a film's container, for the most part.
                    return Entry(path, status.st_size, status.st_mtime_ns, "other", "other")
                scan.unsure.add(path)
        return entry
    except OSError as error:
        fault, remedy = f"It cannot be read: {error.strerror}.", _PERMIT
    except ItemError as error:
        fault, remedy = error.fault, error.remedy
    scan.unsure.add(path)
    entry = _unread(path, status, fault, remedy)
    if entry.kind == "other":
        scan.faults.append((path, fault, remedy))
    return entry


def _read_head(
    _step: Callable[[], None], source: Path, path: str, status: os.stat_result, weigh: Weigh
) -> Entry:
    with open_source(source) as file:
        kind, form = recognise(file.read(HEAD_BYTES), path)
        entry = Entry(path, status.st_size, status.st_mtime_ns, kind, form)
        if kind == "photo":
            entry.pixels, entry.memory = weigh(file, form)
    return entry


def _unread(path: str, status: os.stat_result, fault: str, remedy: str) -> Entry:
    """What can be said of a file by its name. A photograph's job finds its fault by itself."""
    kind, form = recognise(b"", path)
    entry = Entry(path, status.st_size, status.st_mtime_ns, kind, form)
    if kind == "film":
        entry.fault, entry.remedy = fault, remedy
    return entry
