"""Work in a child process, so that a crash in a decoder costs one item and not the job.

Children are forked from a small process of their own (``forkserver``), which is started afresh and
loads nothing but what `load_ahead` names: not the main module either, whose functions cannot be
called here. Each child does many calls. If it dies or runs out of time, the call is tried a second
time in a new one; after that the item has failed. A child that dies before it has begun on the item
is no try of it: another is started. If the parent dies too, nobody records anything and nothing is
held against the item. While it works, a child may ask its parent (`ask_parent`).
"""

import ctypes
import multiprocessing
import os
import pickle
import pkgutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from multiprocessing import forkserver, resource_tracker, spawn, util
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.sharedctypes import RawValue
from typing import Any

from .errors import AutochromeError, ItemError, reason_of

_TRIES = 2
_STARTS = 4
# So long a child that is no longer needed may take to end.
_ENDING_SECONDS = 10
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

# What goes between the two: "call", "question", "answer" or "error", and its contents.
Message = tuple[str, Any]


class _DiedError(Exception):
    """The child ended before it answered."""


class _LateError(Exception):
    """The child did not answer in time."""


class IsolatedWorker:
    """A child process that runs functions of importable modules, one at a time.

    ``initializer(*initargs)`` runs once in every child that is started. Arguments and results
    must be picklable; an exception raised in the child is raised here. Use as a context manager,
    and from one thread at a time.
    """

    def __init__(self, initializer: Callable[..., None] | None = None, initargs: tuple = ()):
        self._begun = RawValue(ctypes.c_long, 0)
        self._initargs = (self._begun, initializer, initargs)
        self._calls = count(1)
        self._child: tuple[BaseProcess, Connection] | None = None

    def __enter__(self) -> "IsolatedWorker":
        return self

    def __exit__(self, kind, *_) -> None:
        self._end(at_once=kind is not None)

    def call(
        self,
        function: Callable[..., Any] | str,
        *args: Any,
        timeout: float | None = None,
        answer: Callable[..., Any] | None = None,
    ) -> Any:
        """``function(*args)`` in the child; ``timeout`` is in seconds.

        ``function`` may be named, as ``package.module:function``: then its module need not be
        loaded here. ``answer(*question)`` answers what it asks by `ask_parent`. Raises ItemError if
        the child died or ran out of time twice, AutochromeError if no child can be started, and
        whatever ``function`` raises.
        """
        tries = starts = 0
        while True:
            number = next(self._calls)
            call = _pickled(("call", (number, function, args)))
            try:
                kind, contents = self._answered(call, timeout, answer)
            except _DiedError as death:
                if self._begun.value != number:
                    starts += 1
                    if starts == _STARTS:
                        raise AutochromeError(
                            f"Child processes cannot be started{death}.",
                            "See the job's log for the reason.",
                        ) from death
                    continue
                fault = f"The process that read it died{death}, {_TRIES} times."
                remedy = (
                    "The file is probably damaged, or memory ran out: try it alone, or repair it."
                )
            except _LateError:
                fault = f"It was not done after {timeout:.0f} s, {_TRIES} times."
                remedy = "The file is probably damaged: repair it, for example by converting it."
            else:
                if kind == "error":
                    raise contents
                return contents
            tries += 1
            if tries == _TRIES:
                raise ItemError(fault, remedy)

    def _answered(
        self, message: bytes, timeout: float | None, answer: Callable[..., Any] | None
    ) -> Message:
        """The child's last message of a call; what it asks meanwhile is answered."""
        if self._child is None:
            try:
                self._child = _started(self._initargs)
            except (EOFError, OSError) as error:
                raise _DiedError(f" ({reason_of(error)})") from error
        process, connection = self._child
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                connection.send_bytes(message)
                left = None if until is None else max(0, until - time.monotonic())
                ready = wait([connection, process.sentinel], left)
                received = connection.recv_bytes() if connection in ready else None
            except (EOFError, OSError):
                ready, received = [process.sentinel], None
            if not ready:
                self._end(at_once=True)
                raise _LateError
            if received is None:
                self._end(at_once=True)
                raise _DiedError(_cause(process))
            kind, contents = pickle.loads(received)
            if kind != "question":
                return kind, contents
            message = _outcome(answer, contents)

    def _end(self, *, at_once: bool) -> None:
        """End the child if there is one: when it has nothing more to do, or ``at_once``."""
        if self._child is None:
            return
        process, connection = self._child
        self._child = None
        connection.close()
        if not at_once:
            process.join(_ENDING_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()


def run_isolated(function: Callable[..., Any] | str, *args: Any, **options: Any) -> Any:
    """One call in a child process of its own; ``options`` as `IsolatedWorker.call` has them."""
    with IsolatedWorker() as worker:
        return worker.call(function, *args, **options)


def ask_parent(*question: Any) -> Any:
    """In a child: what the parent's ``answer`` says to this question, or raises."""
    with _asking:
        _parent.send_bytes(_pickled(("question", question)))
        kind, contents = pickle.loads(_parent.recv_bytes())
    if kind == "error":
        raise contents
    return contents


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


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes that this thread starts meanwhile do not hear Ctrl-C.

    The terminal sends it to all processes; a child would answer with a traceback of its own.
    """
    # When it starts, the tracker lets the signal through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _started(initargs: tuple) -> tuple[BaseProcess, Connection]:
    """A new child, and the connection to it."""
    ours, its = multiprocessing.Pipe()
    process = _SERVER.Process(target=_serve, args=(its, *initargs), daemon=True)
    with its, _deaf_to_ctrl_c(), _starting, _environment_of_server():
        spawn.get_preparation_data = _preparation
        try:
            process.start()
        finally:
            spawn.get_preparation_data = _usual_preparation
    return process, ours


def _cause(process: BaseProcess) -> str:
    """How it died."""
    if process.exitcode < 0:
        return f" ({signal.Signals(-process.exitcode).name})"
    return f" (exit code {process.exitcode})"


def _outcome(function: Callable[..., Any], args: tuple) -> bytes:
    """What a function gives or raises, as a message on its way."""
    try:
        return _pickled(("answer", function(*args)))
    except Exception as error:  # raised again where it was asked for
        error.add_note(traceback.format_exc())
        try:
            data = _pickled(("error", error))
            pickle.loads(data)
            return data
        except Exception:
            return _pickled(("error", RuntimeError(reason_of(error))))


def _pickled(message: Message) -> bytes:
    return pickle.dumps(message, pickle.HIGHEST_PROTOCOL)


_parent: Connection
_asking = threading.Lock()


def _serve(
    connection: Connection,
    begun: ctypes.c_long,
    initializer: Callable[..., None] | None,
    initargs: tuple,
) -> None:
    """A child's life: one call after another, until the parent closes the connection."""
    global _parent
    _parent = connection
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if initializer is not None:
        initializer(*initargs)
    with suppress(EOFError):
        while True:
            connection.send_bytes(_outcome(_do, (connection.recv_bytes(), begun)))


def _do(call: bytes, begun: ctypes.c_long) -> Any:
    _, (number, function, args) = pickle.loads(call)
    begun.value = number
    if isinstance(function, str):
        function = pkgutil.resolve_name(function)
    return function(*args)


def _end_with_parent() -> None:
    """End this process when its parent is gone: an orphan must not go on writing results."""
    multiprocessing.parent_process().join()
    os.kill(os.getpid(), signal.SIGKILL)
