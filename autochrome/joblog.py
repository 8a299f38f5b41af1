"""What a job leaves in the logs: all that it and its libraries print, and how long it took.

Times stand in ``logs/timings.tsv`` and nowhere else, so that results stay the same bytes.
"""

import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from .archive import read_json
from .errors import AutochromeError

TIMINGS = Path("logs/timings.tsv")
WORK = Path("state/work.json")


@contextmanager
def logged(log: str, rule: str, item: str, threads: int = 1) -> Iterator[TextIO]:
    """Send the job's output, that of its child processes and of C libraries too, into ``log``.

    ``rule`` and ``item`` (a bucket, a film) name the job in ``logs/timings.tsv``, where it is
    expected to have kept so many ``threads`` busy. An exception
    is written to the log, an AutochromeError as its sentence alone, and raised again. Gives the
    stream on which the job can still speak to the person.
    """
    Path(log).parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    person = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
    try:
        yield person
    except AutochromeError as error:
        print(error, file=sys.stderr)
        raise
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        person.close()
    _record(rule, item, threads, time.monotonic() - started)


def _record(rule: str, item: str, threads: int, seconds: float) -> None:
    try:
        expected = read_json(WORK)["weights"][rule][item] / threads
    except (FileNotFoundError, ValueError, KeyError):
        return
    line = f"{rule}\t{item}\t{expected:.2f}\t{seconds:.2f}\n"
    handle = os.open(TIMINGS, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        if os.fstat(handle).st_size == 0:
            line = "rule\titem\texpected_seconds\tseconds\n" + line
        os.write(handle, line.encode())
    finally:
        os.close(handle)
