"""Small files written whole or not at all, and JSON that holds any path.

Paths in JSON keep undecodable bytes as lone surrogates (``surrogateescape``); in TSV the
characters that would break a row are escaped.
"""

import contextlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from posixpath import splitext
from typing import Any

_PART = ".part-"


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no spaces, ASCII only (lone surrogates survive)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def temporary_beside(path: Path) -> Path:
    """A name in the folder of ``path`` for a file that is renamed to ``path`` when complete.

    The name begins with ``.part-``, so that a leftover of a killed job is known for what it is
    (`remove_leftovers`), and keeps the suffix, which decides the format in several libraries. The
    folder is made.
    """
    part = path.with_name(f"{_PART}{secrets.token_hex(8)}{path.suffix}")
    try:
        part.touch(exist_ok=False)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.touch(exist_ok=False)
    return part


def name_of_copy(source: str, result: str) -> str:
    """The name of a source's copy, given its result's: with the source's own suffix.

    >>> name_of_copy("a/b.heic", "photos/a/b.heic.png")
    'photos/a/b.heic'
    >>> name_of_copy("a/B.heic", "photos/a/B.heic~1f5e90.png")
    'photos/a/B.heic~1f5e90.heic'
    """
    own, made = splitext(source)[1], splitext(result)[1]
    if own.lower() == made.lower():
        return result
    stem = result.removesuffix(made)
    return stem if stem.endswith(own) else stem + own


def remove_leftovers(folders: Iterable[Path]) -> None:
    """Remove what killed jobs left unfinished below folders in which nobody is at work.

    Links below them are not followed.
    """
    for folder in folders:
        for path in folder.rglob(f"{_PART}*"):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def set_back_to_now(folders: Iterable[Path]) -> None:
    """Give files below the folders that are dated in the future the time of now.

    They are from before the clock was set back. Snakemake lets no job end whose output is older
    than its input.
    """
    now = time.time_ns()
    for folder in folders:
        for path in folder.rglob("*.json"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime_ns > now:
                    os.utime(path, ns=(now, now))


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write ``data`` to ``path`` so that at any moment it holds the old content or the new."""
    path = Path(path)
    part = temporary_beside(path)
    try:
        with open(part, "wb") as file:
            file.write(data if isinstance(data, bytes) else data.encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as canonical JSON, atomically."""
    write_atomic(path, canonical_json(value) + "\n")


def write_json_if_changed(path: Path, value: Any) -> bool:
    """Write ``value`` only if the file does not hold it already; tell whether it was written."""
    text = (canonical_json(value) + "\n").encode()
    try:
        if path.read_bytes() == text:
            return False
    except FileNotFoundError:
        pass
    write_atomic(path, text)
    return True


def read_json(path: Path) -> Any:
    return json.loads(Path(path).read_text())


def escape_tsv(text: str) -> str:
    """Text as one TSV cell: tab, newline, carriage return and backslash are escaped.

    Undecodable bytes (lone surrogates) become ``\\xNN``.

    >>> escape_tsv("a\\tb")
    'a\\\\tb'
    """
    text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)


def unescape_tsv(cell: str) -> str:
    """The inverse of `escape_tsv`."""
    if "\\" not in cell:
        return cell
    out, i = [], 0
    while i < len(cell):
        if cell[i] != "\\":
            out.append(cell[i])
            i += 1
        elif cell[i + 1] == "x":
            out.append(chr(0xDC00 + int(cell[i + 2 : i + 4], 16)))
            i += 4
        else:
            out.append({"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}[cell[i + 1]])
            i += 2
    return "".join(out)
