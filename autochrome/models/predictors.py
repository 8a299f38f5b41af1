"""From a picture's lightness to ab: the network behind one small interface.

Results do not depend on the number of threads nor on how pictures are grouped into batches: the
precision is fixed at fp32 (OpenVINO's own default is bf16 on processors that have it).
"""

from typing import Protocol

import cv2
import numpy as np
import openvino
from numpy.typing import NDArray

from ..color import lightness_from_luma
from .registry import Model, verify_model


class Predictor(Protocol):
    """What colours: a network, or a stand-in for it in a test."""

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        """Height and width at which the network sees a picture of the given size."""

    def predict(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        """L* float32 (n, h, w) in [0, 100] to ab float32 (n, h', w', 2) in CIE units."""


class OpenVinoPredictor:
    """A network on the CPU. The file is verified by its SHA-256 before it is loaded."""

    def __init__(self, model: Model, threads: int = 1):
        verify_model(model)
        self.model = model
        core = openvino.Core()
        network = core.read_model(model.path)
        self._compiled = core.compile_model(
            network,
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": "f32",
                "INFERENCE_NUM_THREADS": threads,
                "NUM_STREAMS": 1,
                "ENABLE_CPU_PINNING": False,
            },
        )
        self._request = self._compiled.create_infer_request()

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        """The size with the picture's own shape and the area of the model's square.

        Sides are multiples of what the network needs; shapes longer than 4 : 1 are squeezed.
        """
        shape = min(max((width / height) ** 0.5, 0.5), 2.0)
        step = self.model.input.multiple
        return (
            step * max(1, round(self.model.input.side / shape / step)),
            step * max(1, round(self.model.input.side * shape / step)),
        )

    def predict(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        batch = np.ascontiguousarray(lightness[:, None], np.float32)
        (ab,) = self._request.infer({self.model.input.name: batch}).values()
        return np.ascontiguousarray(np.moveaxis(ab, 1, 3))


def predict_ab(predictor: Predictor, luma: NDArray[np.float32]) -> NDArray[np.float32]:
    """The ab map of one picture.

    ``luma`` float32 (H, W) in [0, 1], any size: it is brought to the network's size by area
    means. Returns float32 (h, w, 2), CIE units.
    """
    height, width = predictor.input_size(*luma.shape)
    shrinks = luma.shape[0] >= height and luma.shape[1] >= width
    seen = cv2.resize(
        luma, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return predictor.predict(lightness_from_luma(np.clip(seen, 0, 1))[None])[0]
