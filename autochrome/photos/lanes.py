"""Children that work side by side; on large photographs two do, and on the largest one."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from queue import SimpleQueue

from ..isolation import IsolatedWorker

SIDE_BY_SIDE = 20_000_000
"""Pixels: larger photographs are not coloured as many at once as there are workers, so that memory
does not grow with the cores."""

# Pixels and bytes.
_IN_PAIRS = 60_000_000, 170_000_000

NETWORKS = 2
"""Copies of the network for them. Two with half of the cores each do more than one with all of
them, whose threads wait for each other; a third would only take memory."""


def lanes_for(threads: int, photographs: int) -> int:
    """How many children colour so many photographs side by side on that many cores.

    One more than there are cores, since each of them waits at times: for its turn at a network,
    and between one photograph and the next.
    """
    return min(threads + 1, photographs)


def may_pair(pixels: int, memory: int) -> bool:
    """May two photographs of so many pixels be coloured at once, or is each of them alone?

    ``memory`` in bytes, as `headers.memory_needed` tells it; 0 if it is not known.
    """
    most_pixels, most_memory = _IN_PAIRS
    return 0 < memory <= most_memory and pixels <= most_pixels


class Lanes:
    """``count`` workers, started when they are first needed. Use as a context manager."""

    def __init__(self, count: int, start: Callable[[], IsolatedWorker]):
        self._count, self._start = count, start
        self._stack = ExitStack()
        self._idle: SimpleQueue[IsolatedWorker] = SimpleQueue()
        self._changed = threading.Condition()
        # In places, of which there are ``count``.
        self._busy = 0.0
        self._waiting_first = 0

    def __enter__(self) -> "Lanes":
        for _ in range(self._count):
            self._idle.put(self._stack.enter_context(self._start()))
        return self

    def __exit__(self, *error) -> None:
        self._stack.__exit__(*error)

    def beside_others(self) -> AbstractContextManager[IsolatedWorker]:
        """A worker, as soon as one is free and no large photograph waits for room."""
        return self._worker(1)

    def in_pair(self) -> AbstractContextManager[IsolatedWorker]:
        """A worker that takes half of the places."""
        return self._worker(self._count / 2, first=True)

    def alone(self) -> AbstractContextManager[IsolatedWorker]:
        """A worker, as soon as nothing else is being done; until then nothing else begins."""
        return self._worker(self._count, first=True)

    @contextmanager
    def _worker(self, places: float, first: bool = False) -> Iterator[IsolatedWorker]:
        with self._changed:
            self._waiting_first += first
            self._changed.wait_for(
                lambda: self._busy + places <= self._count and (first or not self._waiting_first)
            )
            self._waiting_first -= first
            self._busy += places
            self._changed.notify_all()
        worker = self._idle.get()
        try:
            yield worker
        finally:
            self._idle.put(worker)
            with self._changed:
                self._busy -= places
                self._changed.notify_all()
