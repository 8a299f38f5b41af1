"""One network for several processes: it lies in the memory of their parent alone.

So does the one that tells negatives from positives.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..isolation import ask_parent
from .engines import Device
from .interface import InputForm
from .negative import negativity
from .predictors import Predictor


class SharedPredictor:
    """A predictor of this process, for children that it starts (`IsolatedWorker`).

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
        self.lent = LentPredictor(form, device)
        """What a child is given in place of the predictor."""
        self._load = load
        self._idle: SimpleQueue[Predictor] = SimpleQueue()
        self._loading = threading.Lock()
        self._to_load = copies

    def answer(self, question: str, picture: NDArray) -> Any:
        """What a child that has `lent` asks, by `ask_parent`; from as many threads as children."""
        if question == "negativity":
            return negativity(picture)
        with self._one() as predictor:
            return predictor.predict(picture)

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
    """The parent's predictor, for a child. Can be pickled."""

    def __init__(self, form: InputForm, device: Device):
        self.device = device
        self._form = form

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return self._form.size_for(height, width)

    def predict(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        return ask_parent("predict", lightness)

    def negativity(self, luma: NDArray[np.uint8]) -> float:
        """As `negativity` says it, in the other process."""
        return ask_parent("negativity", luma)
