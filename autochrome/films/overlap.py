"""Steps of one job side by side: decoding ahead while what came before is worked on.

FFmpeg, OpenCV and NumPy let go of Python's lock, so two threads keep two cores busy. The order of
the items, and with it every result, is the same as without.
"""

import threading
from collections.abc import Iterable, Iterator
from queue import Full, Queue
from typing import Any, TypeVar

Item = TypeVar("Item")

_LOOK_SECONDS = 0.1


def ahead(items: Iterable[Item], depth: int = 4) -> Iterator[Item]:
    """The same items, made in a thread of their own, at most ``depth`` before they are asked for.

    What the making raises is raised here, after the items before it. Whoever stops early closes
    this generator; the items' own generator is then closed, in its thread, before this returns.
    """
    queue: Queue[tuple[str, Any]] = Queue(depth)
    stop = threading.Event()

    def put(kind: str, value: Any) -> bool:
        while not stop.is_set():
            try:
                queue.put((kind, value), timeout=_LOOK_SECONDS)
                return True
            except Full:
                pass
        return False

    def make() -> None:
        try:
            for item in items:
                if not put("item", item):
                    break
            close = getattr(items, "close", None)
            if close is not None:
                close()
            put("end", None)
        except BaseException as error:
            put("error", error)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while True:
            kind, value = queue.get()
            if kind == "end":
                return
            if kind == "error":
                raise value
            yield value
    finally:
        stop.set()
        thread.join()
