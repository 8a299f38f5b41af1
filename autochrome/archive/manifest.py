"""The manifest: one row an item, made from the done files, with the results' checksums beside it.

``manifest.tsv`` holds no times and no sizes of results, so that equal work gives equal bytes.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import Any

from .files import canonical_json, escape_tsv, read_json, unescape_tsv, write_atomic

Row = dict[str, Any]

MANIFEST = Path("manifest.tsv")
CHECKSUMS = Path("SHA256SUMS")
PROVENANCE = Path("provenance.jsonl")

_TEXTS = (
    *("source", "kind", "sha256", "model", "model_sha256", "precision", "key"),
    *("result", "result_sha256", "status", "reason", "remedy"),
)
_NUMBERS = ("size", "width", "height", "frames", "colorfulness", "luma_error")
_COLUMNS = (
    *("source", "kind", "sha256", "size", "width", "height", "frames", "model", "model_sha256"),
    *("precision", "key", "result", "result_sha256", "status", "reason", "remedy"),
    *("colorfulness", "luma_error", "checks"),
)
_NOT_IN_MANIFEST = ("result_size", "result_mtime_ns")


def failed_row(kind: str, source: str, size: int | None, reason: str, remedy: str) -> Row:
    """The row of an item of which nothing is known but why it failed."""
    row: Row = dict.fromkeys(_TEXTS, "") | dict.fromkeys((*_NUMBERS, *_NOT_IN_MANIFEST))
    told = {"kind": kind, "source": source, "size": size, "reason": reason, "remedy": remedy}
    return row | told | {"status": "failed", "checks": {}}


def gather(done_files: Iterable[Path], faults: Iterable[dict[str, Any]] = ()) -> list[Row]:
    """The rows of done files of photographs and joined films, sorted by source.

    ``faults`` are those of the plan, for what no job could be made for: ``kind``, ``source``,
    ``size``, ``reason`` and ``remedy``. Raises OSError and ValueError for a done file that is
    missing or torn.
    """
    rows = [row for path in done_files for row in read_json(path)["rows"]]
    rows += [failed_row(**fault) for fault in faults]
    return sorted(rows, key=lambda row: (_bytes(row["source"]), row["kind"]))


def result_files(row: Row) -> dict[str, str]:
    """SHA-256 by name of an item's result and of what stands beside it (sidecars)."""
    if not row["result"]:
        return {}
    return {row["result"]: row["result_sha256"]} | row["checks"].get("files_beside", {})


def beside(row: Row, result: str) -> dict[str, str]:
    """SHA-256 by name of what stands beside an item's result, if that is called ``result``."""
    files = row["checks"].get("files_beside", {})
    return {f"{result}{PurePath(name).suffix}": sha256 for name, sha256 in files.items()}


def write_manifest(rows: list[Row], results: Path) -> None:
    """Write manifest.tsv and SHA256SUMS (for ``sha256sum --check``), each whole or not at all."""
    write_atomic(results / CHECKSUMS, checksums(rows))
    table = "".join("\t".join(cells) + "\n" for cells in [_COLUMNS, *map(_cells, rows)])
    write_atomic(results / MANIFEST, table)


def checksums(rows: list[Row]) -> bytes:
    """What SHA256SUMS holds: a line for every file of the results, sorted by name."""
    lines = sorted(
        (_bytes(name), _checksum_line(sha256, name))
        for row in rows
        for name, sha256 in result_files(row).items()
    )
    return b"".join(line for _, line in lines)


def write_provenance(rows: list[Row], results: Path) -> None:
    """Write provenance.jsonl: how each result was made, one JSON object a line.

    Without times, as the manifest: equal work gives equal bytes.
    """
    write_atomic(results / PROVENANCE, provenance(rows))


def provenance(rows: list[Row]) -> bytes:
    """What provenance.jsonl holds."""
    lines = [canonical_json(_provenance(row)) + "\n" for row in rows if row["result"]]
    return _bytes("".join(lines))


def _provenance(row: Row) -> dict[str, Any]:
    checks = dict(row["checks"])
    made_by = checks.pop("made_by", {})
    was_coloured = row["status"] in ("coloured", "partial")
    return {
        "result": row["result"],
        "files": result_files(row),
        "source": row["source"],
        "source_sha256": row["sha256"],
        "status": row["status"],
        "model": {
            "name": row["model"],
            "sha256": row["model_sha256"],
            "precision": row["precision"],
        }
        if was_coloured
        else None,
        "settings": made_by.get("settings"),
        "version": made_by.get("version"),
        "key": row["key"],
        "checks": checks | {"luma_error": row["luma_error"]},
    }


def read_manifest(path: Path) -> list[Row]:
    """The rows of a manifest, without ``result_size`` and ``result_mtime_ns``.

    Raises FileNotFoundError if there is none, ValueError or KeyError if it is not a manifest.
    """
    return list(manifest_rows(path))


def manifest_rows(path: Path) -> Iterator[Row]:
    """As `read_manifest`, row by row: those of a large archive are large together."""
    with open(path, encoding="utf-8", newline="\n") as file:
        names = file.readline().rstrip("\n").split("\t")
        for line in file:
            yield _row(dict(zip(names, line.rstrip("\n").split("\t"), strict=True)))


def _cells(row: Row) -> list[str]:
    texts = {name: escape_tsv(row[name]) for name in _TEXTS}
    numbers = {n: "" if row[n] is None else canonical_json(row[n]) for n in _NUMBERS}
    cells = texts | numbers | {"checks": canonical_json(row["checks"])}
    return [cells[name] for name in _COLUMNS]


def _row(cells: dict[str, str]) -> Row:
    row: Row = {name: unescape_tsv(cells[name]) for name in _TEXTS}
    row |= {n: json.loads(cells[n]) if cells[n] else None for n in _NUMBERS}
    row["checks"] = json.loads(cells["checks"])
    return {name: row[name] for name in _COLUMNS}


def _checksum_line(sha256: str, name: str) -> bytes:
    """One line as GNU coreutils writes it: a name that would break the line is escaped."""
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "" if escaped == name else "\\"
    return _bytes(f"{mark}{sha256}  {escaped}\n")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
