"""Append-only journals (JSON lines): what was done under which key, and where the result lies.

A journal is never declared to Snakemake and never rewritten by a job. A line torn by a crash is
ignored. A record is a dict with at least ``key``; the last one with a key counts.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .files import canonical_json
from .keys import sha256_file


class Journal:
    """One journal file, read whole when opened and appended to record by record."""

    def __init__(self, path: Path | str):
        self.path = Path(path)
        self._by_key: dict[str, dict[str, Any]] = {}
        for record in self._read():
            self._by_key[record["key"]] = record

    def _read(self) -> Iterable[dict[str, Any]]:
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        for line in lines:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict) and isinstance(record.get("key"), str):
                yield record

    def find(self, key: str) -> dict[str, Any] | None:
        """The last record with this key, unless a person asked to do it again since."""
        record = self._by_key.get(key)
        return None if record is None or record.get("redo") else record

    def records(self) -> list[dict[str, Any]]:
        """The records that count, in the order of their keys' first appearance."""
        return [record for record in self._by_key.values() if not record.get("redo")]

    def append(self, record: dict[str, Any]) -> None:
        """Add one record in a single write.

        It is not waited for until the disk has it: files that it names are there before, and of a
        record that a power cut takes along the work is done again.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = canonical_json(record).encode() + b"\n"
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            size = os.fstat(handle).st_size
            if size and os.pread(handle, 1, size - 1) != b"\n":
                line = b"\n" + line
            os.write(handle, line)
        finally:
            os.close(handle)
        self._by_key[record["key"]] = record

    def redo(self, key: str) -> None:
        """Make `find` answer None for ``key`` until it is appended again."""
        self.append({"key": key, "redo": True})


def stamp(path: Path | str) -> dict[str, Any]:
    """Size and modification time of a result, as a record keeps them beside its hash."""
    status = os.stat(path)
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns}


def is_intact(path: Path | str, record: dict[str, Any]) -> bool:
    """Does the file still hold the bytes that the record speaks of?

    Equal size and modification time are believed; equal size with another time is settled by
    the hash.
    """
    try:
        now = stamp(path)
    except OSError:
        return False
    if now["size"] != record["size"]:
        return False
    return now["mtime_ns"] == record["mtime_ns"] or sha256_file(path) == record["sha256"]
