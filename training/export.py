"""Trained network → ``compact.onnx`` (computes in fp32) and ``compact-int8.xml`` with ``.bin``.

``golden.npz`` holds a made-up picture and the colours that the fp32 form gives it, for tests.

Small tensors are stored as float16, large filter banks as int8 with one scale per output channel:
all are widened to fp32 when the file is loaded. The int8 model quantizes these same weights.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import openvino as ov
import torch
from onnx import TensorProto, helper, numpy_helper

from training.batches import Photographs, training_sample
from training.network import Colorizer, ColourNetwork
from training.settings import Settings

OPSET = 17
INPUT_SIDE = 256
LARGE = 30_000
"""Elements from which a tensor is stored as int8."""
INSIDE = "/network/"
EXACT_LAYERS = (f"{INSIDE}stem/", f"{INSIDE}encoder.0/", f"{INSIDE}encoder.1/")
"""Beginnings of the names of layers that int8 leaves alone, besides all outside the network."""
SMALL = 64
"""Elements up to which a tensor stays float32, as does the filter that shrinks the picture."""


def load_colorizer(settings: Settings, weights: Path) -> Colorizer:
    """Return the network of a finished stage with its decoding."""
    bins = torch.tensor(np.load(settings.paths.work / "bins.npy"))
    prior = torch.tensor(np.load(settings.paths.work / "prior.npy"))
    network = ColourNetwork(len(bins), settings.network)
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    decode = settings.export
    bias = -decode.rarity_power * prior.clamp_min(1e-5).log()
    return Colorizer(network, bins, bias, decode.chroma_scale, decode.inner_scale).eval()


def temperature_of(settings: Settings) -> np.ndarray:
    """Return the temperature that the model is meant for, float32 (1,)."""
    return np.array([settings.export.temperature], np.float32)


def write_onnx(colorizer: Colorizer, path: Path) -> None:
    """Write a colorizer as ONNX with free batch size, height and width."""
    example = (torch.full((1, 1, INPUT_SIDE, INPUT_SIDE), 50.0), torch.ones(1))
    torch.onnx.export(
        colorizer,
        example,
        path,
        input_names=["L", "temperature"],
        output_names=["ab"],
        dynamic_axes={"L": {0: "n", 2: "h", 3: "w"}, "ab": {0: "n", 2: "h4", 3: "w4"}},
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load(path)
    store_small(model.graph)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def store_small(graph: onnx.GraphProto) -> None:
    """Replace float32 tensors by int8 or float16 ones that the graph widens again."""
    kept, widen = [], []
    for item in graph.initializer:
        values = numpy_helper.to_array(item)
        if values.dtype != np.float32 or values.size <= SMALL or item.name == "shrinking":
            kept.append(item)
        elif values.size < LARGE or item.name.startswith("bins"):
            stored = f"{item.name}_f16"
            kept.append(numpy_helper.from_array(values.astype(np.float16), stored))
            widen.append(helper.make_node("Cast", [stored], [item.name], to=TensorProto.FLOAT))
        else:
            axes = tuple(range(1, values.ndim))
            scale = np.maximum(np.abs(values).max(axes, keepdims=True), 1e-12) / 127
            levels = np.round(values / scale).astype(np.int8)
            names = [f"{item.name}_{part}" for part in ("i8", "scale", "levels")]
            kept.append(numpy_helper.from_array(levels, names[0]))
            kept.append(numpy_helper.from_array(scale.astype(np.float32), names[1]))
            widen.append(helper.make_node("Cast", [names[0]], [names[2]], to=TensorProto.FLOAT))
            widen.append(helper.make_node("Mul", [names[2], names[1]], [item.name]))
    nodes = [*widen, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)


def calibration_pictures(settings: Settings) -> list[np.ndarray]:
    """Return worn lightness pictures (1, 1, 256, 256), the same every time."""
    photographs = Photographs(settings.paths.work, held_out=False)
    rng = np.random.default_rng(settings.train.seed)
    chosen = rng.choice(len(photographs), settings.export.calibration_pictures, replace=False)
    samples = (training_sample(photographs[int(i)], INPUT_SIDE, rng) for i in chosen)
    return [lightness[None, None] for lightness, _ in samples]


def quantized(model: ov.Model, feeds: list[dict[str, np.ndarray]]) -> ov.Model:
    """Return the int8 form of a model, its activations ranged on ``feeds``.

    The context gates stay in fp32: they cost nothing, and an error in one of them tints the whole
    picture (LOG.md, trial 6). So do the smoothing and the first layers, whose few channels hold too
    much each (trial 11).
    """
    os.environ["NNCF_CI"] = "1"  # it would report its use otherwise
    import nncf

    return nncf.quantize(
        model,
        nncf.Dataset(feeds),
        preset=nncf.QuantizationPreset.PERFORMANCE,
        subset_size=len(feeds),
        fast_bias_correction=True,
        ignored_scope=nncf.IgnoredScope(
            names=[node.get_friendly_name() for node in model.get_ops() if _stays_exact(node)],
            types=["MatMul"],
            validate=False,
        ),
    )


def _stays_exact(node: ov.Node) -> bool:
    """Decide by its name whether a layer is left alone; constants are no layers."""
    name = node.get_friendly_name()
    is_exact = name.startswith(EXACT_LAYERS) or not name.startswith(INSIDE)
    return is_exact and node.get_input_size() > 0


def made_up_landscape() -> np.ndarray:
    """Return a bright sky over dark rough ground, float32 (1, 1, 96, 128), L* 0 … 100."""
    y, x = np.mgrid[0:96, 0:128].astype(np.float32)
    sky = 88 - 0.3 * y
    ground = 35 + 12 * np.sin(x / 1.7 + y) * np.cos(y / 1.3 - x / 5)
    return np.where(y < 48 + 6 * np.sin(x / 20), sky, ground)[None, None].astype(np.float32)


def export(settings: Settings) -> None:
    """Write both forms of the last stage's EMA with a golden pair, and print their sizes."""
    target = settings.paths.model
    target.mkdir(parents=True, exist_ok=True)
    last = settings.paths.work / f"{settings.train.stages[-1].name}.pt"
    write_onnx(load_colorizer(settings, last), target / "compact.onnx")
    model = ov.Core().read_model(target / "compact.onnx")
    temperature = temperature_of(settings)
    pictures = calibration_pictures(settings)
    small = quantized(model, [{"L": picture, "temperature": temperature} for picture in pictures])
    ov.save_model(small, target / "compact-int8.xml", compress_to_fp16=True)
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    lightness = made_up_landscape()
    golden = {"lightness": lightness, "temperature": temperature}
    ab = ov.Core().compile_model(model, "CPU", options)((lightness, temperature))[0]
    np.savez_compressed(target / "golden.npz", **golden, ab=ab)
    for path in sorted(target.iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB")
