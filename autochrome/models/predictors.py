"""From a picture's lightness to ab: any network behind one small interface.

Results do not depend on how pictures are grouped into batches; on the CPU, neither on the number
of threads, on machines of one instruction set.
"""

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ..color import lab_from_srgb, lightness_from_luma, luma_from_lightness, shrunk
from ..errors import ModelError
from .engines import CudaEngine, Device, Engine, Feeds, OpenVinoEngine, Precision
from .interface import InputForm, OutputForm

TEMPERATURE = "temperature"
"""The input, float32 (1,), by which networks that end in an annealed mean are told its
temperature."""


class Predictor(Protocol):
    """What colours: a network, or a stand-in for it in a test."""

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width at which the network sees a picture of the given size."""

    def predict(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        """L* float32 (n, h, w) in [0, 100] to ab float32 (n, h', w', 2) in CIE units."""


class NetworkPredictor:
    """A network file on an engine, given what it wants and read as what it gives.

    Inputs that are neither the picture nor the temperature, such as the hints of siggraph17, are
    zero. Raises ModelError where the file has not the inputs that are declared of it.
    """

    def __init__(
        self,
        path: Path,
        precision: Precision,
        given: InputForm,
        gives: OutputForm,
        temperature: float | None = None,
        *,
        threads: int = 1,
        device: Device = "cpu",
    ):
        self.device = device
        self._engine: Engine = (
            CudaEngine(path) if device == "cuda" else OpenVinoEngine(path, precision, threads)
        )
        self._form, self._gives, self._temperature = given, gives, temperature
        self._picture = given.name or next(iter(self._engine.inputs))
        if self._picture not in self._engine.inputs:
            raise ModelError(
                f"The network {path} has no input {self._picture}.",
                f"It has: {', '.join(self._engine.inputs)}. Correct input.name in the registry.",
            )

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        """As `InputForm.size_for` says it."""
        return self._form.size_for(height, width)

    def predict(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        """L* float32 (n, h, w) in [0, 100] to ab float32 (n, h', w', 2) in CIE units."""
        # One at a time: engines compute larger batches in other ways, with other last bits.
        output = np.concatenate([self._engine.run(self.feeds(one[None])) for one in lightness])
        scaled = np.ascontiguousarray(np.moveaxis(output, 1, 3))
        if self._gives.scale != 1:
            scaled *= np.float32(self._gives.scale)
        if self._gives.colour == "ab":
            return scaled
        return np.stack([lab_from_srgb(np.clip(rgb, 0, 1))[..., 1:] for rgb in scaled])

    def feeds(self, lightness: NDArray[np.float32]) -> Feeds:
        """All inputs of the network for pictures (n, h, w), by name."""
        feeds: Feeds = {}
        count, height, width = lightness.shape
        for name, shape in self._engine.inputs.items():
            if name == self._picture:
                feeds[name] = self._as_input(lightness)
            elif name == TEMPERATURE:
                feeds[name] = np.array([self._temperature or 1.0], np.float32)
            else:
                feeds[name] = np.zeros((count, shape[1], height, width), np.float32)
        return feeds

    def _as_input(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        low, high = self._form.range
        if self._form.colour == "L":
            share = lightness[:, None] / np.float32(100)
        else:
            share = np.repeat(luma_from_lightness(lightness)[:, None], 3, axis=1)
        if (low, high) == (0, 100) and self._form.colour == "L":
            values = lightness[:, None]
        else:
            values = np.float32(low) + share * np.float32(high - low)
        mean, std = (np.float32(v)[:, None, None] for v in (self._form.mean, self._form.std))
        return np.ascontiguousarray((values - mean) / std, np.float32)


def predict_ab(predictor: Predictor, luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """The ab map of one picture.

    ``luma`` float32 (H, W) in [0, 1], any size: it is brought to the network's size by area
    means. Returns float32 (h, w, 2), CIE units.
    """
    height, width = predictor.input_size(*luma.shape)
    if luma.shape[0] >= height and luma.shape[1] >= width:
        seen = shrunk(luma, height, width)
    else:
        seen = cv2.resize(luma, (width, height), interpolation=cv2.INTER_LINEAR)
    return predictor.predict(lightness_from_luma(np.clip(seen, 0, 1))[None])[0]
