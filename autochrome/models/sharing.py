"""One network for several processes: it lies in the memory of their parent alone.

So does the one that tells negatives from positives.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from multiprocessing import AuthenticationError, current_process
from multiprocessing.connection import Client, Connection, Listener
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .engines import Device
from .interface import InputForm
from .negative import negativity
from .predictors import Predictor

_asking = threading.Lock()


class SharedPredictor:
    """A predictor of this process, for children that it starts. Use as a context manager.

    ``load`` gives the predictor; it is called when somebody asks for the first time, and up to
    ``copies`` times when several ask at once. Each takes one picture at a time. ``form`` and
    ``device`` are the predictor's: children know them without asking.
    """

    def __init__(
        self,
        load: Callable[[], Predictor],
        form: InputForm,
        device: Device = "cpu",
        copies: int = 1,
    ):
        self._load, self._form, self._device = load, form, device
        self._idle: SimpleQueue[Predictor] = SimpleQueue()
        self._loading = threading.Lock()
        self._to_load = copies
        self._over = False
        self._listener = Listener(authkey=current_process().authkey)

    def __enter__(self) -> "SharedPredictor":
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        # Closing alone does not wake the thread that waits.
        with contextlib.suppress(OSError), Client(self._listener.address):
            pass
        self._listener.close()

    def lent(self) -> "LentPredictor":
        """What a child is given in place of the predictor."""
        return LentPredictor(str(self._listener.address), self._form, self._device)

    def _listen(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except (OSError, EOFError, AuthenticationError):
                # A child that died while it connected, unless it is over.
                if self._over:
                    return
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        """Answer one child for as long as it lives."""
        with connection:
            while True:
                try:
                    question, arguments = connection.recv()
                    connection.send(self._answer(question, arguments))
                except (EOFError, OSError):
                    return

    def _answer(self, question: str, arguments: tuple) -> tuple[bool, Any]:
        """Whether it went well, and the answer or the error."""
        try:
            if question == "negativity":
                return True, negativity(*arguments)
            with self._one() as predictor:
                return True, predictor.predict(*arguments)
        except Exception as error:  # raised again where it was asked for
            return False, error

    @contextlib.contextmanager
    def _one(self) -> Iterator[Predictor]:
        """A predictor that nobody else uses meanwhile."""
        with self._loading:
            if self._idle.empty() and self._to_load:
                self._idle.put(self._load())
                self._to_load -= 1
        predictor = self._idle.get()
        try:
            yield predictor
        finally:
            self._idle.put(predictor)


class LentPredictor:
    """Another process's predictor. Can be pickled; each process connects once."""

    def __init__(self, address: str, form: InputForm, device: Device):
        self.device = device
        self._address, self._form = address, form

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return self._form.size_for(height, width)

    def predict(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        return self._ask("predict", lightness)

    def negativity(self, luma: NDArray[np.uint8]) -> float:
        """As `negativity` says it, in the other process."""
        return self._ask("negativity", luma)

    def _ask(self, question: str, *arguments: Any) -> Any:
        with _asking:
            connection = _connected(self._address)
            connection.send((question, arguments))
            went_well, answer = connection.recv()
        if not went_well:
            raise answer
        return answer


@lru_cache(maxsize=1)
def _connected(address: str) -> Connection:
    return Client(address, authkey=current_process().authkey)
