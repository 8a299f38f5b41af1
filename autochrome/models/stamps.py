"""The SHA-256 of large files, computed once: a small JSON file remembers it."""

import contextlib
from pathlib import Path
from typing import Any

from ..archive import read_json, sha256_file, stamp, write_json


def hash_of(path: Path, record: Path) -> str:
    """SHA-256 of a file, from its record while the file's size and modification time are those."""
    known = read_record(record)
    if known != {"sha256": known.get("sha256"), **stamp(path)}:
        known = {"sha256": sha256_file(path)}
        write_record(path, record, known["sha256"])
    return known["sha256"]


def read_record(record: Path) -> dict[str, Any]:
    """What a record holds, sha256, size and mtime_ns; nothing if there is none."""
    try:
        return read_json(record)
    except (FileNotFoundError, ValueError):
        return {}


def write_record(path: Path, record: Path, sha256: str) -> None:
    """Remember the SHA-256 of a file. Where that cannot be written, it costs time later."""
    with contextlib.suppress(OSError):
        write_json(record, {"sha256": sha256, **stamp(path)})
