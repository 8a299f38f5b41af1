"""Children that work side by side, except on photographs that are too large for that."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from queue import SimpleQueue

from ..isolation import IsolatedWorker

SIDE_BY_SIDE = 20_000_000
"""Photographs of more pixels are coloured alone, so that memory does not grow with the cores."""

NETWORKS = 2
"""Copies of the network for them. Two with half of the cores each do more than one with all of
them, whose threads wait for each other; a third would only take memory."""


def lanes_for(threads: int, photographs: int) -> int:
    """How many children colour so many photographs side by side on that many cores.

    One more than there are cores, since each of them waits at times: for its turn at a network,
    and between one photograph and the next.
    """
    return min(threads + 1, photographs)


class Lanes:
    """``count`` workers, started when they are first needed. Use as a context manager."""

    def __init__(self, count: int, start: Callable[[], IsolatedWorker]):
        self._count, self._start = count, start
        self._stack = ExitStack()
        self._idle: SimpleQueue[IsolatedWorker] = SimpleQueue()
        self._changed = threading.Condition()
        self._busy = self._waiting_to_be_alone = 0

    def __enter__(self) -> "Lanes":
        for _ in range(self._count):
            self._idle.put(self._stack.enter_context(self._start()))
        return self

    def __exit__(self, *error) -> None:
        self._stack.__exit__(*error)

    @contextmanager
    def beside_others(self) -> Iterator[IsolatedWorker]:
        """A worker, as soon as one is free."""
        with self._held(lambda: self._busy < self._count and not self._waiting_to_be_alone, 1):
            yield from self._worker()

    @contextmanager
    def alone(self) -> Iterator[IsolatedWorker]:
        """A worker, as soon as nothing else is being done; until then nothing else begins."""
        with self._changed:
            self._waiting_to_be_alone += 1
        try:
            with self._held(lambda: not self._busy, self._count):
                yield from self._worker()
        finally:
            with self._changed:
                self._waiting_to_be_alone -= 1
                self._changed.notify_all()

    def _worker(self) -> Iterator[IsolatedWorker]:
        worker = self._idle.get()
        try:
            yield worker
        finally:
            self._idle.put(worker)

    @contextmanager
    def _held(self, free: Callable[[], bool], places: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(free)
            self._busy += places
        try:
            yield
        finally:
            with self._changed:
                self._busy -= places
                self._changed.notify_all()
