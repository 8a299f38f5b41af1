"""Makes the network that tells negatives from positives, out of an exported colour network.

    .venv/bin/python -m training.negatives PHOTOGRAPHS [PHOTOGRAPHS …] [--most 800]

with the product's own Python and the tools of ``requirements-dev.txt``, not PyTorch. PHOTOGRAPHS:
folders or tar files, of each of which so many are made grey. The colour network's encoder is cut
off behind `TAPS`; the means and standard deviations of what comes there are its features. A
logistic regression weighs those of a photograph less those of its inverse, and becomes the last
layer. Prints what photographs that it did not learn from say of its limit, fivefold.
"""

import argparse
import io
from itertools import islice
from pathlib import Path

import numpy as np
import onnx
import openvino
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.utils import Extractor
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from autochrome.models.negative import INPUT, NEGATIVE_FROM, NETWORK, looks
from benchmarks.upsampling import files

TAPS = (
    "/network/encoder.4/encoder.4.2/Add_output_0",
    "/network/encoder.5/encoder.5.3/Add_output_0",
)
"""Where stages of the encoder end, a sixteenth and a thirty-second of its picture in size."""

_MOST = 800
# Inverse strength of the regression's penalty.
_STRENGTH = 0.003
_FOLDS = 5


def with_features(colour: onnx.ModelProto) -> onnx.ModelProto:
    """The encoder, with the features (n, k) of pictures L (n, 1, h, w) as its output."""
    model = Extractor(onnx.shape_inference.infer_shapes(colour)).extract_model([INPUT], list(TAPS))
    nodes, parts = model.graph.node, []
    for number, tap in enumerate(TAPS):
        mean, square, spread = (f"{name}{number}" for name in ("mean", "square", "spread"))
        nodes.extend(
            [
                helper.make_node("ReduceMean", [tap], [mean], axes=[2, 3], keepdims=0),
                helper.make_node("ReduceMean", [tap], [f"{mean}_kept"], axes=[2, 3], keepdims=1),
                helper.make_node("Sub", [tap, f"{mean}_kept"], [f"{mean}_less"]),
                helper.make_node("Mul", [f"{mean}_less"] * 2, [square]),
                helper.make_node(
                    "ReduceMean", [square], [f"{square}_mean"], axes=[2, 3], keepdims=0
                ),
                helper.make_node("Sqrt", [f"{square}_mean"], [spread]),
            ]
        )
        parts += [mean, spread]
    nodes.append(helper.make_node("Concat", parts, ["features"], axis=1))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("features", TensorProto.FLOAT, None))
    return model


def with_weights(model: onnx.ModelProto, weights: NDArray[np.float32]) -> onnx.ModelProto:
    """The same with the weighed sum (n, 1) of the features as its output."""
    model.graph.initializer.append(numpy_helper.from_array(weights[:, None], "weights"))
    model.graph.node.append(helper.make_node("MatMul", ["features", "weights"], ["figure"]))
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("figure", TensorProto.FLOAT, None))
    return model


def features_of(model: onnx.ModelProto, places: list[Path], most: int) -> NDArray[np.float32]:
    """The features of photographs and of their inverses: float32 (n, 2, k)."""
    core = openvino.Core()
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    read = core.read_model(model.SerializeToString(), b"")
    request = core.compile_model(read, "CPU", options).create_infer_request()
    found = []
    for place in places:
        for _, data in islice(files([place]), most):
            grey = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
            request.infer({INPUT: looks(grey)})
            found.append(np.array(request.get_output_tensor(0).data))
    return np.stack(found)


def fitted(differences: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weights for features of pictures less those of their inverses; negatives get more."""
    model = LogisticRegression(C=_STRENGTH, fit_intercept=False, max_iter=1000)
    both = np.concatenate([differences, -differences])
    model.fit(both, np.repeat([0, 1], [len(differences), len(differences)]))
    return model.coef_[0].astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training.negatives", description=__doc__)
    parser.add_argument("photographs", type=Path, nargs="+")
    parser.add_argument("--most", type=int, default=_MOST)
    parser.add_argument("--colour", type=Path, default=Path("models/compact/compact.onnx"))
    parser.add_argument("--output", type=Path, default=NETWORK)
    given = parser.parse_args()
    model = with_features(onnx.load(given.colour))
    features = features_of(model, given.photographs, given.most)
    unit = features.std(axis=(0, 1)) + np.float32(1e-4)
    differences = (features[:, 0] - features[:, 1]) / unit
    figures = np.empty(len(differences))
    for known, others in KFold(_FOLDS, shuffle=True, random_state=0).split(differences):
        figures[others] = differences[others] @ fitted(differences[known])
    print(
        f"{len(figures)} photographs; of those that it did not learn from, from {NEGATIVE_FROM} on"
    )
    print(
        f"{(figures >= NEGATIVE_FROM).mean():.2%} are taken for negatives, and of their negatives"
    )
    print(f"{(-figures >= NEGATIVE_FROM).mean():.1%} are found")
    onnx.save(with_weights(model, fitted(differences) / unit), given.output)


if __name__ == "__main__":
    main()
