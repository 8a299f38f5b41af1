"""Work in a child process, so that a crash in a decoder costs one item and not the job.

The child is started afresh (``spawn``), once for many calls, and loads nothing but what it is
called for: not the main module either, whose functions cannot be called here. If the child dies
or runs out of time, the call is tried a second time in a new one; after that the item has failed.
A child that dies before it has begun on the item is no try of it: another is started. If the
parent dies too, nobody records anything and nothing is held against the item.
"""

import ctypes
import multiprocessing
import os
import pkgutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from itertools import count
from multiprocessing import resource_tracker, spawn
from multiprocessing.sharedctypes import RawValue
from typing import Any

from pebble import ProcessExpired, ProcessPool

from .errors import AutochromeError, ItemError, reason_of

_TRIES = 2
_STARTS = 4
# Left alone, glibc gives planes of pixels back to the system as soon as they are freed, and the
# next ones cost a page fault for each 4 kB, which can take as long as what is computed with them.
# One arena for all threads keeps the least that way.
_MEMORY = ":".join(
    f"glibc.malloc.{name}"
    for name in ("arena_max=1", "mmap_threshold=16777216", "trim_threshold=33554432")
)

_SPAWN = multiprocessing.get_context("spawn")
_usual_preparation = spawn.get_preparation_data
_starting = threading.Lock()


class _Process(_SPAWN.Process):
    """A process that begins with less of this one than is usual, see `_preparation`."""

    @staticmethod
    def _Popen(process):  # noqa: N802  (multiprocessing's own name)
        with _starting:
            os.environ.setdefault("GLIBC_TUNABLES", _MEMORY)
            spawn.get_preparation_data = _preparation
            try:
                return _SPAWN.Process._Popen(process)
            finally:
                spawn.get_preparation_data = _usual_preparation


def _preparation(name: str, **more: Any) -> dict[str, Any]:
    """What a child is told of this process: nothing of its main module, which may load much.

    While cv2 loads, the first place of sys.path is its own folder, in which a module is called
    "typing"; a child that another thread starts then would inherit that.
    """
    told = _usual_preparation(name, **more)
    told["sys_path"] = [place for place in told["sys_path"] if os.path.basename(place) != "cv2"]
    return {key: value for key, value in told.items() if not key.startswith("init_main_")}


class _Spawn(type(_SPAWN)):
    Process = _Process


class IsolatedWorker:
    """A child process that runs functions of importable modules, one at a time.

    ``initializer(*initargs)`` runs once in every child that is started. Arguments and results
    must be picklable; an exception raised in the child is raised here. Use as a context manager.
    """

    def __init__(self, initializer: Callable[..., None] | None = None, initargs: tuple = ()):
        self._begun = RawValue(ctypes.c_long, 0)
        self._initargs = (os.getpid(), self._begun, initializer, initargs)
        self._calls = count(1)
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=1, context=_Spawn(), initializer=_start_child, initargs=self._initargs
        )

    def __enter__(self) -> "IsolatedWorker":
        return self

    def __exit__(self, kind, *_) -> None:
        if kind is None:
            self._pool.close()
        else:
            self._pool.stop()
        self._pool.join()

    def call(
        self,
        function: Callable[..., Any] | str,
        *args: Any,
        timeout: float | None = None,
    ) -> Any:
        """``function(*args)`` in the child; ``timeout`` is in seconds.

        ``function`` may be named, as ``package.module:function``: then its module need not be
        loaded here. Raises ItemError if the child died or ran out of time twice, AutochromeError
        if no child can be started, and whatever ``function`` raises.
        """
        tries = starts = 0
        while True:
            number = next(self._calls)
            try:
                future = self._scheduled(_begin, number, function, *args, timeout=timeout)
                return future.result()
            except (ProcessExpired, BrokenExecutor) as error:
                if isinstance(error, BrokenExecutor):
                    self._renew()
                if self._begun.value != number:
                    starts += 1
                    if starts == _STARTS:
                        raise AutochromeError(
                            f"Child processes cannot be started ({reason_of(error)}).",
                            "See the job's log for the reason.",
                        ) from error
                    continue
                fault = f"The process that read it died{_cause(error)}, {_TRIES} times."
                remedy = (
                    "The file is probably damaged, or memory ran out: try it alone, or repair it."
                )
            except TimeoutError:
                fault = f"It was not done after {timeout:.0f} s, {_TRIES} times."
                remedy = "The file is probably damaged: repair it, for example by converting it."
            tries += 1
            if tries == _TRIES:
                raise ItemError(fault, remedy)

    def _scheduled(self, *task: Any, timeout: float | None) -> Future:
        with _deaf_to_ctrl_c():
            try:
                return self._pool.schedule(task[0], args=task[1:], timeout=timeout)
            except RuntimeError:  # A child died while it had nothing to do.
                self._renew()
                return self._pool.schedule(task[0], args=task[1:], timeout=timeout)

    def _renew(self) -> None:
        self._pool.stop()
        self._pool.join()
        self._pool = self._new_pool()


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes that begin meanwhile, and threads and their processes, do not hear Ctrl-C.

    The terminal sends it to all processes; a child would answer with a traceback of its own.
    """
    # When it starts, the tracker lets the signal through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_isolated(function: Callable[..., Any] | str, *args: Any, **options: Any) -> Any:
    """One call in a child process of its own; ``options`` as `IsolatedWorker.call` has them."""
    with IsolatedWorker() as worker:
        return worker.call(function, *args, **options)


def _cause(error: ProcessExpired | BrokenExecutor) -> str:
    """How it died, where the pool saw it."""
    if not isinstance(error, ProcessExpired):
        return ""
    if error.exitcode is not None and error.exitcode < 0:
        return f" ({signal.Signals(-error.exitcode).name})"
    return f" (exit code {error.exitcode})"


def _start_child(
    parent: int,
    begun: ctypes.c_long,
    initializer: Callable[..., None] | None,
    initargs: tuple,
) -> None:
    global _begun
    _begun = begun
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if initializer is not None:
        initializer(*initargs)


def _begin(number: int, function: Callable[..., Any] | str, *args: Any) -> Any:
    _begun.value = number
    if isinstance(function, str):
        function = pkgutil.resolve_name(function)
    return function(*args)


def _end_with(parent: int) -> None:
    """End this process when its parent is gone: an orphan must not go on writing results."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
