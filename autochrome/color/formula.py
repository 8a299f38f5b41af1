"""Formulas over planes of pixels, compiled: all of a pixel's steps while it is in a register.

Written out in NumPy or OpenCV, each step passes over the plane again.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..compiled import compiled

if TYPE_CHECKING:
    import openvino

# So many pixels at a time: their planes fit into a core's cache.
_PIXELS = 16384


@dataclass(frozen=True)
class Plane:
    """A plane in a formula, float32: what ``+ - *`` and ``/`` with planes and numbers make of it.

    ``node`` is OpenVINO's.
    """

    node: Any

    def __add__(self, other: "Plane | float") -> "Plane":
        return _joined("add", self, other)

    def __sub__(self, other: "Plane | float") -> "Plane":
        return _joined("subtract", self, other)

    def __rsub__(self, other: float) -> "Plane":
        return _joined("subtract", other, self)

    def __mul__(self, other: "Plane | float") -> "Plane":
        return _joined("multiply", self, other)

    def __truediv__(self, other: "Plane | float") -> "Plane":
        return _joined("divide", self, other)


def greater(one: Plane, other: Plane | float) -> Plane:
    """The greater of the two, pixel by pixel."""
    return _joined("maximum", one, other)


def lesser(one: Plane, other: Plane | float) -> Plane:
    """The lesser of the two, pixel by pixel."""
    return _joined("minimum", one, other)


def square_root(plane: Plane) -> Plane:
    return Plane(_function("sqrt")(plane.node))


def polynomial(
    function: Callable[[NDArray], NDArray], low: float, high: float, degree: int
) -> Callable[[Plane], Plane]:
    """A function of one plane, by a polynomial that is close to it in [low, high]."""
    # Through the function's values at Chebyshev's nodes.
    places = np.cos((np.arange(degree + 1) + 0.5) * (np.pi / (degree + 1)))
    places = (low + high) / 2 + (high - low) / 2 * places
    highest, second, *rest = np.polyfit(places, function(places), degree).tolist()

    def value(plane: Plane) -> Plane:
        return reduce(lambda sum_, term: sum_ * plane + term, rest, plane * highest + second)

    return value


class Formula:
    """``formula`` takes a `Plane` for each plane and gives those of the results.

    ``kinds`` are the planes' types: uint8, whose codes become 0 … 1 in the formula, or float32;
    results are float32. What a pixel gets depends on nothing but its own values. Several threads
    may call it at once.
    """

    def __init__(self, formula: Callable[..., Sequence[Plane]], kinds: Sequence[DTypeLike]):
        self._formula = formula
        self._kinds = [np.dtype(kind) for kind in kinds]
        self._idle: SimpleQueue[openvino.InferRequest] = SimpleQueue()

    def __call__(self, planes: Sequence[NDArray], results: Sequence[NDArray[np.float32]]) -> None:
        """Fill ``results`` from ``planes``: all of one shape, ``results`` contiguous."""
        given = [np.ascontiguousarray(plane).reshape(-1) for plane in planes]
        filled = [result.reshape(-1) for result in results]
        with self._request() as request:
            pixels = [tensor.data for tensor in request.input_tensors]
            computed = [tensor.data for tensor in request.output_tensors]
            for start in range(0, len(given[0]), _PIXELS):
                # All blocks have one size, or the last pixels could get other last bits.
                count = min(_PIXELS, len(given[0]) - start)
                for block, plane in zip(pixels, given, strict=True):
                    block[:count] = plane[start : start + count]
                request.infer(share_outputs=True)
                for block, plane in zip(computed, filled, strict=True):
                    plane[start : start + count] = block[:count]

    @contextmanager
    def _request(self) -> "Iterator[openvino.InferRequest]":
        """One that no other thread uses meanwhile."""
        try:
            request = self._idle.get_nowait()
        except Empty:
            request = compiled(self._model()).create_infer_request()
        yield request
        self._idle.put(request)

    def _model(self) -> "openvino.Model":
        import openvino

        given = [_function("parameter")([_PIXELS], kind) for kind in self._kinds]
        planes = [
            Plane(node)
            if kind == np.float32
            else Plane(_function("convert")(node, "f32")) * (1 / 255)
            for node, kind in zip(given, self._kinds, strict=True)
        ]
        results = [_function("result")(plane.node) for plane in self._formula(*planes)]
        return openvino.Model(results, given)


def _joined(name: str, *operands: Plane | float) -> Plane:
    constant = _function("constant")
    nodes = (o.node if isinstance(o, Plane) else constant(np.float32(o)) for o in operands)
    return Plane(_function(name)(*nodes))


def _function(name: str) -> Callable[..., Any]:
    from openvino import opset13  # Only here: it takes long to load.

    return getattr(opset13, name)
