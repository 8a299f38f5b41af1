"""The int8 form of a network: made once, on the fixed sample."""

import logging
import os
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray

Feeds = dict[str, NDArray[np.float32]]

KEPT_EXACT = ("MatMul", "SoftMax")
"""What stays in fp32: gates over the whole picture, whose rounding would tint all of it, and the
distribution over colours. Both cost next to nothing."""


def quantize(network: Path, feeds: list[Feeds], target: Path) -> None:
    """Write the int8 form of the ONNX file ``network`` to ``target`` (``.xml``, with a ``.bin``).

    ``feeds`` are the inputs of one picture each; the ranges of all activations are measured on
    them (post-training quantization, symmetric, per output channel; NNCF).
    """
    os.environ["NNCF_CI"] = "1"  # it would report its use otherwise
    import nncf

    nncf.set_log_level(logging.ERROR)
    model = openvino.Core().read_model(network)
    small = nncf.quantize(
        model,
        nncf.Dataset(feeds),
        preset=nncf.QuantizationPreset.PERFORMANCE,
        subset_size=len(feeds),
        fast_bias_correction=True,
        ignored_scope=nncf.IgnoredScope(types=list(KEPT_EXACT), validate=False),
    )
    openvino.save_model(small, target, compress_to_fp16=True)
