"""Weights for the networks of Zhang et al. that are random, but the same everywhere."""

import json
from pathlib import Path

import numpy as np

FIXTURES = Path(__file__).parent / "weights"

# These spread ab over the gamut: logits differ, the bins lie within ±1, tanh bends.
GAINS = {"model8.6.weight": 3.0, "model_out.weight": 7.2, "model_out.0.weight": 0.4}


def seeded_weights(name):
    """The state dict of ``eccv16`` or ``siggraph17``, as PyTorch names and shapes it.

    Activations keep their size from layer to layer. ``shapes.json`` holds, for each network,
    ``{key: list(tensor.shape) for key, tensor in network.state_dict().items()}``.
    """
    rng = np.random.default_rng(17)
    shapes = json.loads((FIXTURES / "shapes.json").read_text())[name]
    return {key: seeded_tensor(rng, key, tuple(shape)) for key, shape in shapes.items()}


def seeded_tensor(rng, key, shape):
    kind = key.rsplit(".", 1)[1]
    if kind == "num_batches_tracked":
        return np.array(0, np.int64)
    spread = rng.random(shape, np.float32) * 2 - 1
    if len(shape) == 4:
        taps = 4 * shape[0] if shape[2] == 4 else np.prod(shape[1:])
        return spread * np.float32(GAINS.get(key, 1) * np.sqrt(6 / taps))
    if kind in ("weight", "running_var"):
        return 1 + spread / 2
    return spread / 4


def seeded_inputs(height, width):
    """L, hints and mask of two pictures; a twentieth of the pixels has a hint."""
    rng = np.random.default_rng(17)
    lightness = 100 * rng.random((2, 1, height, width), np.float32)
    mask = (rng.random((2, 1, height, width)) < 0.05).astype(np.float32)
    hints = mask * (160 * rng.random((2, 2, height, width), np.float32) - 80)
    return lightness, hints, mask
