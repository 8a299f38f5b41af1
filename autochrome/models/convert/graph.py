"""A small builder of ONNX graphs, for the converters of published networks."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
IR_VERSION = 8


class Graph:
    """An ONNX graph that grows node by node; tensors are known by their names.

    >>> graph = Graph("double")
    >>> x = graph.input("x", ("n", 3))
    >>> y = graph.node("Mul", [x, graph.constant("two", np.float32(2))], "y")
    >>> graph.model({"y": ("n", 3)}).graph.node[0].op_type
    'Mul'
    """

    def __init__(self, name: str):
        self._name = name
        self._inputs: list[onnx.ValueInfoProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._nodes: list[onnx.NodeProto] = []

    def input(self, name: str, shape: tuple[int | str, ...]) -> str:
        """A float32 input; a text in ``shape`` stands for a free dimension."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def constant(self, name: str, values: NDArray[Any] | np.generic) -> str:
        """A stored tensor; its type is that of ``values``."""
        self._constants[name] = numpy_helper.from_array(np.asarray(values), name)
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """A node of one output, of the ONNX operator ``kind``."""
        node = helper.make_node(kind, inputs, [output], name=output, **attributes)
        self._nodes.append(node)
        return output

    def model(self, outputs: dict[str, tuple[int | str, ...]]) -> onnx.ModelProto:
        """The checked model; ``outputs`` gives the shape of each float32 output."""
        graph = helper.make_graph(
            self._nodes,
            self._name,
            self._inputs,
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs.items()],
            list(self._constants.values()),
        )
        model = helper.make_model(
            graph,
            producer_name="autochrome",
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )
        onnx.checker.check_model(model, full_check=True)
        return model
