"""What a network that ends in an annealed mean holds likely: its distribution over bins of ab."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .engines import Feeds

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True)
class Distribution:
    """``probabilities`` float32 (h, w, bins), each point's add up to 1; ``bins`` float32 (bins, 2),
    their ab in CIE units."""

    probabilities: NDArray[np.float32]
    bins: NDArray[np.float32]


def distribution_of(network: Path, feeds: Feeds) -> Distribution | None:
    """The distribution that a network's ONNX file gives for one picture.

    None for a network that predicts ab itself: it has no softmax with a weighting of bins.
    """
    # Only here: they take long to load, and most jobs run no network.
    import onnx
    import openvino as ov

    model = onnx.load(network)
    found = _weighting(model)
    if found is None:
        return None
    weights, bins = found
    model.graph.output.append(onnx.helper.make_empty_tensor_value_info(weights))
    compiled = ov.Core().compile_model(
        ov.Core().read_model(model.SerializeToString()), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    given = {name: feeds[name] for name in (port.any_name for port in compiled.inputs)}
    likely = compiled(given)[len(compiled.outputs) - 1][0]
    return Distribution(np.moveaxis(likely / likely.sum(axis=0), 0, 2), bins)


def _weighting(model: "onnx.ModelProto") -> tuple[str, NDArray[np.float32]] | None:
    """The bins' weights and their ab, from the convolution that turns one into the other.

    The weights come out of a softmax, or out of its exponential function: then the convolution has
    a third output, their sum.
    """
    import onnx

    constants = {
        tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer
    }
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in constants:
            constants[node.output[0]] = constants[node.input[0]]
    outputs = {node.output[0]: node.op_type for node in model.graph.node}
    for node in model.graph.node:
        if node.op_type != "Conv" or node.input[1] not in constants:
            continue
        columns, kind = constants[node.input[1]], outputs.get(node.input[0])
        is_mean = kind == "Softmax" and len(columns) == 2
        if is_mean or (kind == "Exp" and len(columns) == 3 and (columns[2] == 1).all()):
            return node.input[0], columns[:2, :, 0, 0].T.astype(np.float32)
    return None
