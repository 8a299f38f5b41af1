"""Originals, opened and read so that nothing that lies in their place holds a run up for ever.

A link may lead to a device, or to a file of the kernel's that says it is empty and does not end; a
pipe may lie where a photograph was when the plan was made; a network's disk may fall silent.
"""

import hashlib
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from ..errors import ItemError

STILL_SECONDS = 900
"""After so long without a byte a file is given up: some archives are brought back from tape."""

# No film is as large as this (64 TiB), but the kernel's image of its memory says that it is.
_MOST_BYTES = 1 << 46
_BLOCK_BYTES = 1 << 18
# How long others are given to let go of a file that they have leased (Samba, NFS servers).
_LEASE_SECONDS = 60
_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}

Answer = TypeVar("Answer")
Step = Callable[[], None]


def is_file(status: os.stat_result) -> bool:
    """Is it a file that has an end, and no pipe, socket, device or folder?"""
    return stat.S_ISREG(status.st_mode) and status.st_size <= _MOST_BYTES


def open_source(path: Path | str) -> BinaryIO:
    """Open a file for reading, without waiting for anybody who would write to it.

    Raises OSError as `open` does, and ItemError if it is not a file (`is_file`).
    """
    # A device is not even opened: that alone may do something to it.
    _check(os.stat(path))
    until = time.monotonic() + _LEASE_SECONDS
    while True:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            break
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)
    try:
        _check(os.fstat(handle))
    except ItemError:
        os.close(handle)
        raise
    return os.fdopen(handle, "rb")


def _check(status: os.stat_result) -> None:
    if not is_file(status):
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "a part of the system")
        raise ItemError(
            f"It is not a file but {kind}.",
            "Remove it, or put the photograph or film in its place.",
        )


def hash_source(path: Path | str) -> str:
    """SHA-256 of a file, as 64 hex digits. One that says it is empty is not read.

    Raises OSError if it cannot be read, ItemError if it is not a file, if it has more or fewer
    bytes than it said when it was opened, or if nothing comes for `STILL_SECONDS`.
    """
    return unless_stuck(STILL_SECONDS, _read, path, None)


def copy_source(path: Path | str, to: Path | str) -> str:
    """Copy a file's bytes to ``to``; gives their SHA-256. Raises what `hash_source` does."""
    with open(to, "wb") as out:
        return unless_stuck(STILL_SECONDS, _read, path, out)


def _read(step: Step, path: Path | str, out: BinaryIO | None) -> str:
    digest = hashlib.sha256()
    with open_source(path) as file:
        left = os.fstat(file.fileno()).st_size
        block = memoryview(bytearray(min(left, _BLOCK_BYTES)))
        while left:
            count = file.readinto(block[:left])
            if not count:
                raise changed_while_read()
            digest.update(block[:count])
            if out is not None:
                out.write(block[:count])
            left -= count
            step()
        # What says that it is empty may be a file of the kernel's, whose reading has no end.
        if len(block) and file.read(1):
            raise changed_while_read()
    return digest.hexdigest()


def changed_while_read() -> ItemError:
    """The fault of a file that is not what it was when its reading began."""
    return ItemError("It changed while it was read.", "Run the same command again.")


def unless_stuck(seconds: float, read: Callable[..., Answer], *args: Any) -> Answer:
    """``read(step, *args)``, given up when it has neither ended nor called ``step`` for so long.

    It runs in a thread of its own. One that is given up is left behind, and ends with the process.
    Raises ItemError then, and whatever ``read`` raises.
    """
    steps = 0
    answers: list[Answer] = []
    faults: list[BaseException] = []

    def step() -> None:
        nonlocal steps
        steps += 1

    def run() -> None:
        try:
            answers.append(read(step, *args))
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while True:
        before = steps
        thread.join(seconds)
        if not thread.is_alive():
            break
        if steps == before:
            raise ItemError(
                f"Nothing came of it for {seconds:.0f} s when it was read.",
                "See that its disk or network is there, then run the same command again.",
            )
    if faults:
        raise faults[0]
    return answers[0]
