"""Work in a child process, so that a crash in a decoder costs one item and not the job.

The child is started afresh (``spawn``), once for many calls; a program that uses this guards its
main module with ``if __name__ == "__main__"``, as always with ``spawn``. If the child dies or runs
out of time, the call is tried a second time in a new one; after that the item has failed. If the
parent dies too, nobody records anything and nothing is held against the item.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from typing import Any

from pebble import ProcessExpired, ProcessPool

from .errors import AutochromeError, ItemError, reason_of

_TRIES = 2


class IsolatedWorker:
    """A child process that runs functions of importable modules, one at a time.

    ``initializer(*initargs)`` runs once in every child that is started. Arguments and results
    must be picklable; an exception raised in the child is raised here. Use as a context manager.
    """

    def __init__(self, initializer: Callable[..., None] | None = None, initargs: tuple = ()):
        self._pool = ProcessPool(
            max_workers=1,
            context=multiprocessing.get_context("spawn"),
            initializer=_start_child,
            initargs=(os.getpid(), initializer, initargs),
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
        function: Callable[..., Any],
        *args: Any,
        timeout: float | None = None,
        prepare: Callable[[], tuple] = tuple,
    ) -> Any:
        """``function(*args, *prepare())`` in the child.

        ``timeout`` is in seconds; ``prepare`` is called here before each try, so that it can make
        again what a try uses up. Raises ItemError if the child died or ran out of time twice,
        AutochromeError if no child can be started, and whatever ``function`` or ``prepare`` raises.
        """
        for attempt in range(1, _TRIES + 1):
            given = (*args, *prepare())
            try:
                return self._pool.schedule(function, args=given, timeout=timeout).result()
            except ProcessExpired as error:
                fault = f"The process that read it died {_cause(error.exitcode)}, {_TRIES} times."
                remedy = (
                    "The file is probably damaged, or memory ran out: try it alone, or repair it."
                )
            except BrokenExecutor as error:
                raise AutochromeError(
                    f"Child processes cannot be started ({reason_of(error)}).",
                    "See the job's log for the reason.",
                ) from error
            except TimeoutError:
                fault = f"It was not done after {timeout:.0f} s, {_TRIES} times."
                remedy = "The file is probably damaged: repair it, for example by converting it."
            if attempt == _TRIES:
                raise ItemError(fault, remedy)


def run_isolated(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """One call in a child process of its own; ``options`` as `IsolatedWorker.call` has them."""
    with IsolatedWorker() as worker:
        return worker.call(function, *args, **options)


def _cause(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"({signal.Signals(-exitcode).name})"
    return f"(exit code {exitcode})"


def _start_child(parent: int, initializer: Callable[..., None] | None, initargs: tuple) -> None:
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    if initializer is not None:
        initializer(*initargs)


def _end_with(parent: int) -> None:
    """End this process when its parent is gone: an orphan must not go on writing results."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
