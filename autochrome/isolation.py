"""Work in a child process, so that a crash in a decoder costs one item and not the job.

Children are forked from a small process of their own (``forkserver``), which is started afresh and
loads nothing but what `load_ahead` names: not the main module either, whose functions cannot be
called here. Each child does many calls. If it dies or runs out of time, the call is tried a second
time in a new one; after that the item has failed. A child that dies before it has begun on the item
is no try of it: another is started. If the parent dies too, nobody records anything and nothing is
held against the item.
"""

import ctypes
import multiprocessing
import os
import pkgutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from itertools import count
from multiprocessing import forkserver, resource_tracker, spawn, util
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

_SERVER = multiprocessing.get_context("forkserver")
_usual_preparation = spawn.get_preparation_data
_starting = threading.Lock()


class _Process(_SERVER.Process):
    """A process that begins with less of this one than is usual, see `_preparation`."""

    @staticmethod
    def _Popen(process):  # noqa: N802  (multiprocessing's own name)
        with _starting, _environment_of_server():
            spawn.get_preparation_data = _preparation
            try:
                return _SERVER.Process._Popen(process)
            finally:
                spawn.get_preparation_data = _usual_preparation


@contextmanager
def _environment_of_server() -> Iterator[None]:
    """What the server of children begins with; Python 3.11 does not tell it our ``sys.path``."""
    os.environ.setdefault("GLIBC_TUNABLES", _MEMORY)
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(_places())
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _places() -> list[str]:
    """Where modules are found.

    While cv2 loads, the first place of sys.path is its own folder, in which a module is called
    "typing"; a child that another thread starts then would inherit that.
    """
    return [place for place in sys.path if os.path.basename(place) != "cv2"]


def _preparation(name: str, **more: Any) -> dict[str, Any]:
    """What a child is told of this process: nothing of its main module, which may load much."""
    told = _usual_preparation(name, **more) | {"sys_path": _places()}
    return {key: value for key, value in told.items() if not key.startswith("init_main_")}


class _Context(type(_SERVER)):
    Process = _Process


def _stop_server() -> None:
    """Wait for the server of children, so that their time counts as this process's own."""
    forkserver._forkserver._stop()


# After the children have ended.
util.Finalize(None, _stop_server, exitpriority=-1)


def load_ahead(*modules: str) -> None:
    """Have children begin with these modules loaded, once for all of them.

    To be called before the first child starts. A module may start no thread while it is loaded,
    since children would miss it; on macOS, where too much does, nothing is loaded ahead.
    """
    if sys.platform == "linux":
        multiprocessing.set_forkserver_preload(list(modules))


class IsolatedWorker:
    """A child process that runs functions of importable modules, one at a time.

    ``initializer(*initargs)`` runs once in every child that is started. Arguments and results
    must be picklable; an exception raised in the child is raised here. Use as a context manager.
    """

    def __init__(self, initializer: Callable[..., None] | None = None, initargs: tuple = ()):
        self._begun = RawValue(ctypes.c_long, 0)
        self._initargs = (self._begun, initializer, initargs)
        self._calls = count(1)
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPool:
        return ProcessPool(
            max_workers=1, context=_Context(), initializer=_start_child, initargs=self._initargs
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
    begun: ctypes.c_long,
    initializer: Callable[..., None] | None,
    initargs: tuple,
) -> None:
    global _begun
    _begun = begun
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if initializer is not None:
        initializer(*initargs)


def _begin(number: int, function: Callable[..., Any] | str, *args: Any) -> Any:
    _begun.value = number
    if isinstance(function, str):
        function = pkgutil.resolve_name(function)
    return function(*args)


def _end_with_parent() -> None:
    """End this process when its parent is gone: an orphan must not go on writing results."""
    multiprocessing.parent_process().join()
    os.kill(os.getpid(), signal.SIGKILL)
