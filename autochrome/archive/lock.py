"""One run at a time over a results folder.

The lock is a file that the running process holds with ``flock``: the kernel lets go of it however
the process ends, so a dead run on this host is taken over at once. What other hosts can see is
its content (host, pid, start) and its modification time, refreshed as a heartbeat: a run on
another host is taken for dead when that is ten minutes old, and on Slurm only when none of its
jobs is in the queue any more.
"""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..errors import ArchiveError

LOCK_NAME = ".autochrome.lock"
HEARTBEAT_SECONDS = 60
SILENT_SECONDS = 600


class ResultsBusyError(ArchiveError):
    """Another run is at work in the results folder."""


class RunLock:
    """The lock of one results folder, held from `acquire` to `release` or the process's end."""

    def __init__(self, results: Path):
        self.path = Path(results) / LOCK_NAME
        self._handle: int | None = None
        self._stop = threading.Event()

    def acquire(self) -> None:
        """Take the lock. Raises ResultsBusyError, saying who holds it, or ArchiveError."""
        try:
            handle = self._open_and_flock()
        except OSError as error:
            raise ArchiveError(
                f"The results folder {self.path.parent} cannot be written to ({error.strerror}).",
                "Free some space or give yourself write permission there, or choose another with "
                "--config output=FOLDER.",
            ) from error
        try:
            self._respect_other_hosts(handle)
        except ResultsBusyError:
            os.close(handle)
            raise
        self._handle = handle
        holder = {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        os.ftruncate(handle, 0)
        os.pwrite(handle, json.dumps(holder).encode(), 0)
        threading.Thread(target=self._beat, daemon=True).start()

    def release(self) -> None:
        """Let go of the lock and remove its file."""
        if self._handle is None:
            return
        self._stop.set()
        self.path.unlink(missing_ok=True)
        os.close(self._handle)
        self._handle = None

    def _open_and_flock(self) -> int:
        while True:
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = _holder(handle)
                os.close(handle)
                raise _busy(self.path.parent, holder) from None
            # The holder before may have removed the file between our open and our flock.
            try:
                if os.fstat(handle).st_ino == self.path.stat().st_ino:
                    return handle
            except FileNotFoundError:
                pass
            os.close(handle)

    def _respect_other_hosts(self, handle: int) -> None:
        holder = _holder(handle)
        if holder is None:
            return
        silent = time.time() - os.fstat(handle).st_mtime
        if holder["host"] != socket.gethostname() and silent < SILENT_SECONDS:
            raise _busy(self.path.parent, holder)
        if jobs := _slurm_jobs(self.path.parent):
            raise ResultsBusyError(
                f"Jobs of an earlier run over {self.path.parent} are still in Slurm's queue: "
                f"{', '.join(jobs)}.",
                f"Wait for them, or end them with: scancel {' '.join(jobs)}",
            )

    def _beat(self) -> None:
        while not self._stop.wait(HEARTBEAT_SECONDS):
            try:
                os.utime(self.path)
            except OSError:
                return


def _holder(handle: int) -> dict[str, Any] | None:
    try:
        return json.loads(os.pread(handle, 4096, 0))
    except ValueError:
        return None


def _busy(results: Path, holder: dict[str, Any] | None) -> ResultsBusyError:
    who = (
        f" (process {holder['pid']} on {holder['host']}, since {holder['started']})"
        if holder
        else ""
    )
    return ResultsBusyError(
        f"Another run is at work in {results}{who}.",
        "Wait for it to end, or choose another results folder with --config output=FOLDER.",
    )


def _slurm_jobs(results: Path) -> list[str]:
    """Ids of this user's queued or running Slurm jobs whose working directory is ``results``."""
    if shutil.which("squeue") is None:
        return []
    command = ["squeue", "--me", "--noheader", "--format=%A|%Z"]
    try:
        listing = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (subprocess.SubprocessError, OSError):
        return []
    rows = (line.partition("|") for line in listing.stdout.splitlines())
    return [job for job, _, folder in rows if Path(folder) == results.resolve()]
