"""What a person reads: failed items, jobs that stopped, and errors without their traceback."""

import csv
import errno
import re
from collections import Counter
from pathlib import Path
from typing import Any

# Errors whose message was written for a person: the type's name adds nothing.
_PLAIN = ("WorkflowError", "AutochromeError", "ConfigError", "ArchiveError", "ModelError")
# What Snakemake itself meets where it keeps its books.
_DISK_FULL = re.compile(rf"\[Errno ({errno.ENOSPC}|{errno.EDQUOT})\]")
_HEAD = re.compile(r"(?P<type>\w+)(?: in rule \w+)?(?: in file \".*\", line \d+)?:")
_FRAME = re.compile(r'  File ".*", line \d+, in ')
_OWN_ERROR = re.compile(r"^autochrome\.errors\.\w+: ")
_SAID_ALWAYS = (
    "For further error details see the cluster/cloud log and the log files of the involved rule(s)."
)
_STAGES = {
    "colour_photos": "photographs",
    "index_film": "looking through films",
    "colour_chunk": "colouring films",
    "encode_chunk": "encoding films",
    "join_film": "joining and checking films",
}
# Of a log only its end is read: a library may have written a lot.
_LOG_END = 20_000


def printable(text: str) -> str:
    """Text that cannot disturb a terminal: control characters and odd bytes as escapes."""
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    if 0xDC80 <= ord(character) <= 0xDCFF:
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def failure(row: dict[str, Any]) -> str:
    """One line for a failed item."""
    return printable(f"Failed: {row['source']}: {row['reason']} {row['remedy']}".strip())


def stopped_job(rule: str, wildcards: str, reason: str) -> str:
    """What is said of a job that stopped; ``reason`` is what its log ends with, in its lines."""
    name = f"{rule} {wildcards}".strip()
    told = f"The job {name} stopped: {reason or 'it left no message.'}"
    return "\n".join(map(printable, told.splitlines()))


def executor_message(text: str) -> str:
    """What an executor says of a failed job, without what it says of every job."""
    return " ".join(text.replace(_SAID_ALWAYS, "").split())


def without_numbers(text: str) -> str:
    """Text in which job ids and the like make no difference."""
    return re.sub(r"[0-9]+", "", text)


def end_of_log(log: Path) -> str:
    """What a job's log ends with: the error's message, or "" if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LOG_END))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    for start in range(len(lines) - 1, -1, -1):
        if _OWN_ERROR.match(lines[start]):
            told = "\n".join(line.rstrip() for line in lines[start:])
            return _OWN_ERROR.sub("", told).strip()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def error_message(text: str) -> str:
    """An error as Snakemake formats it, without its place and its traceback.

    >>> error_message('WorkflowError in file "Snakefile", line 3:\\\\nNo archive.')
    'No archive.'
    """
    if _DISK_FULL.search(text):
        return (
            "The disk of the results is full. Free some space: the same command goes on from here."
        )
    lines = text.splitlines()
    head = _HEAD.fullmatch(lines[0]) if lines else None
    if head is None:
        return text.strip()
    body = "\n".join(line for line in lines[1:] if not _FRAME.match(line)).strip()
    if head["type"] in _PLAIN:
        return body
    return f"{head['type']}: {body}\nWith --verbose, Snakemake tells where."


def counts(manifest: Path) -> Counter[str]:
    """How many items of the manifest have which status; empty if there is no manifest."""
    try:
        with manifest.open(encoding="utf-8", newline="\n") as file:
            table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            return Counter(row["status"] for row in table)
    except (OSError, KeyError):
        return Counter()


def summary(status: Counter[str]) -> str:
    """One sentence on what a whole archive's items have become."""
    coloured = status["coloured"] + status["partial"]
    already = status["copied"] + status["left_colour"]
    told = [f"{coloured:,} coloured"]
    if status["partial"]:
        told[0] += f" ({status['partial']:,} of them from damaged originals)"
    if already:
        told.append(f"{already:,} in colour already")
    if alone := status["left_alone"]:
        what = "document or negative" if alone == 1 else "documents and negatives"
        told.append(f"{alone:,} {what} left alone")
    if status["failed"]:
        told.append(f"{status['failed']:,} failed")
    return ", ".join(told) + "."


def took(seconds: dict[str, float]) -> str:
    """What each stage took, in time of single jobs; "" if no job did anything."""
    told = [f"{name} {_duration(seconds[r])}" for r, name in _STAGES.items() if seconds.get(r)]
    return f"The jobs took, one after another: {', '.join(told)}." if told else ""


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
