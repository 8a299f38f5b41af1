"""Engines: what runs a network on a processor or a graphics card, behind one interface.

On the CPU OpenVINO runs, with its precision always set (its own default is bf16 on processors that
have it). On a card ONNX Runtime with CUDA runs, where its optional package is installed
(``requirements-cuda.txt``). Neither asks for a network, and neither reports to anybody.
"""

import os
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from ..errors import ModelError

Precision = Literal["fp32", "bf16", "int8"]
Device = Literal["cpu", "cuda"]
DeviceSetting = Literal["auto", "cpu", "cuda"]
Feeds = dict[str, NDArray[np.float32]]

# OpenVINO's hint for each form: an int8 network holds its quantized layers itself, and computes
# the rest in fp32.
_HINTS = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}


class Engine(Protocol):
    """One network, ready to run."""

    device: Device
    inputs: dict[str, tuple[int | None, ...]]
    """Shape of each input by its name; None where any size will do."""

    def run(self, feeds: Feeds) -> NDArray[np.float32]:
        """The network's output for the given inputs, in a buffer of its own."""


class OpenVinoEngine:
    """A network on the CPU: an ONNX file, or OpenVINO's own form (``.xml`` with its ``.bin``).

    ``threads`` cores are used. The compiled form is kept, unless ``cached`` is false.
    """

    device: Device = "cpu"

    def __init__(
        self, path: Path, precision: Precision, threads: int = 1, *, cached: bool = True
    ) -> None:
        try:
            self._compiled = compiled(path, _HINTS[precision], threads, cached=cached)
        except RuntimeError as error:
            raise _unusable(path, error) from error
        self.inputs = {
            port.any_name: tuple(
                None if size.is_dynamic else size.get_length() for size in port.partial_shape
            )
            for port in self._compiled.inputs
        }
        self._request = self._compiled.create_infer_request()

    def run(self, feeds: Feeds) -> NDArray[np.float32]:
        self._request.infer(feeds)
        return np.array(self._request.get_output_tensor(0).data, np.float32)


class CudaEngine:
    """A network in fp32 on an NVIDIA card, by ONNX Runtime. ``path`` is an ONNX file.

    cuDNN's own advice chooses how a convolution is computed: trials of speed, ONNX Runtime's
    default, may end differently from one run to the next, and with them the last bits.
    """

    device: Device = "cuda"

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.use_deterministic_compute = True
        cuda = {"use_tf32": 0, "cudnn_conv_algo_search": "HEURISTIC"}
        # CUDA's libraries are packages of pip, where no linker looks.
        onnxruntime.preload_dlls()
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=[("CUDAExecutionProvider", cuda)]
            )
        except Exception as error:  # its exceptions have no common base of their own
            raise _unusable(path, error) from error
        if self._session.get_providers()[0] != "CUDAExecutionProvider":
            raise ModelError(
                "ONNX Runtime cannot use this machine's graphics card: the log says why.",
                "Look at the driver with nvidia-smi (CUDA 13 needs 580 or later), install "
                "requirements-cuda.txt again, or set device: cpu.",
            )
        self.inputs = {
            port.name: tuple(size if isinstance(size, int) else None for size in port.shape)
            for port in self._session.get_inputs()
        }

    def run(self, feeds: Feeds) -> NDArray[np.float32]:
        return np.asarray(self._session.run(None, feeds)[0], np.float32)


def pick_device(asked: DeviceSetting) -> Device:
    """The device to run on: with ``auto`` a graphics card where one can be used, else the CPU.

    Raises ModelError if ``cuda`` is asked for and cannot be had.
    """
    if asked == "cpu" or (asked == "auto" and not _card_is_visible()):
        return "cpu"
    try:
        import onnxruntime
    except ImportError:
        providers = []
    else:
        providers = onnxruntime.get_available_providers()
    if "CUDAExecutionProvider" in providers and _card_is_visible():
        return "cuda"
    if asked == "auto":
        return "cpu"
    raise ModelError(
        "device: cuda is set, but there is no ONNX Runtime with CUDA, or no card.",
        "Install it into the environment (.venv/bin/pip install -r requirements-cuda.txt), see "
        "nvidia-smi for the card, or set device: cpu.",
    )


def _card_is_visible() -> bool:
    return os.environ.get("CUDA_VISIBLE_DEVICES") != "" and Path("/dev/nvidiactl").exists()


def _unusable(path: Path, error: Exception) -> ModelError:
    reason = " ".join(str(error).split())[:300]
    return ModelError(
        f"The network {path} cannot be loaded: {reason}",
        "It is damaged, or not a network that this engine knows: export it again as ONNX.",
    )
