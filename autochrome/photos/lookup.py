"""Where a photograph's result may lie already: journals and the results of sources now gone."""

import os
import shutil
from pathlib import Path
from typing import Any

from ..archive import (
    Journal,
    beside,
    bucket_bits,
    is_intact,
    read_json,
    sha256_file,
    stamp,
    temporary_beside,
)
from .faults import writing_results

_JOURNALS = Path("state", "photos")
_GONE = Path("state", "gone.json")

Row = dict[str, Any]


class Lookup:
    """The journals of one bucket, and of those that were cut otherwise in an earlier run.

    Paths are relative to the results folder, the working directory.
    """

    def __init__(self, bucket: str):
        self._own = Journal(_JOURNALS / f"{bucket}.jsonl")
        self._others = [
            Journal(path)
            for path in sorted(_JOURNALS.glob("*.jsonl"))
            if path.stem != bucket and _share_photos(bucket, path.stem)
        ]
        try:
            self._gone: dict[str, Row] = read_json(_GONE)
        except FileNotFoundError:
            self._gone = {}

    def find(self, key: str, result: str) -> Row | None:
        """The row of what was done under this key, its result brought to ``result``.

        None if nothing was, or if the file is no longer what it was.
        """
        own = self._own.find(key)
        for record in (own, *(journal.find(key) for journal in self._others), self._from_gone(key)):
            if record is None:
                continue
            row = record["row"]
            if "path" not in record or _brought(record, result):
                if "path" in record:
                    now = stamp(result)
                    row = row | {"result": result, "result_mtime_ns": now["mtime_ns"]}
                    if "files_beside" in row["checks"]:
                        told = {"files_beside": beside(row, result)}
                        row["checks"] = row["checks"] | told
                if record is not own or row != record["row"]:
                    self.record(row)
                return dict(row)
        return None

    def record(self, row: Row) -> None:
        """Add the row to the bucket's journal."""
        record = {"key": row["key"], "row": row}
        if row["result"]:
            record |= {"path": row["result"], "sha256": row["result_sha256"]}
            record |= {"size": row["result_size"], "mtime_ns": row["result_mtime_ns"]}
        with writing_results(self._own.path.parent):
            self._own.append(record)

    def _from_gone(self, key: str) -> dict[str, Any] | None:
        row = self._gone.get(key)
        if row is None:
            return None
        record = {"key": key, "row": row}
        if row["result"]:
            record |= {"path": row["result"], "sha256": row["result_sha256"]}
            record |= {"size": row["result_size"], "mtime_ns": row["result_mtime_ns"]}
        return record


def _share_photos(bucket: str, other: str) -> bool:
    mine, its = bucket_bits(bucket), bucket_bits(other)
    return mine.startswith(its) or its.startswith(mine)


def _brought(record: dict[str, Any], result: str) -> bool:
    """Is the record's file at ``result``, or could it be copied there whole, with all beside it?"""
    new, old = beside(record["row"], result), beside(record["row"], record["path"])
    if is_intact(result, record) and all(map(os.path.isfile, new)):
        return True
    is_there = is_intact(record["path"], record) and all(map(os.path.isfile, old))
    if record["path"] == result or not is_there:
        return False
    with writing_results(Path.cwd()):
        copies = [(record["path"], result, record["sha256"])]
        copies += [(*paths, old[paths[0]]) for paths in zip(old, new, strict=True)]
        return all(_copied(*copy) for copy in copies)


def _copied(path: str, to: str, sha256: str) -> bool:
    part = temporary_beside(Path(to))
    try:
        shutil.copyfile(path, part)
        if sha256_file(part) != sha256:
            return False
        os.replace(part, to)
        return True
    finally:
        part.unlink(missing_ok=True)
