"""Primitives that compute each element from those at its place."""

from __future__ import annotations

import math
from collections.abc import Callable

from planish.convert.onnx_writer import composed
from planish.convert.onnx_writer.layouts import Layout
from planish.convert.onnx_writer.rows import WRITERS, writes
from planish.convert.onnx_writer.writing import Writing
from planish.graph.node import Node
from planish.primitives.unary import AlphaSettings

_ONE = {
    "absolute": "Abs", "arccos": "Acos", "arccosh": "Acosh", "arcsin": "Asin", "arcsinh": "Asinh", "arctan": "Atan",
    "arctanh": "Atanh", "cos": "Cos", "cosh": "Cosh", "erf": "Erf", "exp": "Exp", "floor": "Floor", "log": "Log",
    "negative": "Neg", "reciprocal": "Reciprocal", "relu": "Relu", "rint": "Round", "sigmoid": "Sigmoid",
    "sign": "Sign", "sin": "Sin", "sinh": "Sinh", "softplus": "Softplus", "sqrt": "Sqrt", "tan": "Tan", "tanh": "Tanh",
}  # fmt: skip
_TWO = {
    "add": "Add", "divide": "Div", "maximum": "Max", "minimum": "Min", "multiply": "Mul", "power": "Pow",
    "subtract": "Sub",
}  # fmt: skip
_COMPARED = {"equal": "Equal", "greater": "Greater", "greater_equal": "GreaterOrEqual"}
_SLOPED = {"elu": "Elu", "leaky_relu": "LeakyRelu"}


def _one(kind: str) -> Callable[[Writing, Node], None]:
    def write(w: Writing, node: Node) -> None:
        (x,) = node.inputs
        w.give(node, w.emit(kind, w.read(x, w.layout(x))), w.layout(x))

    return write


def operands(w: Writing, node: Node) -> tuple[list[str], Layout]:
    """The operands, lined up, and the order of their axes."""
    layout = w.common(node)
    return [w.aligned(source, node, layout) for source in node.inputs], layout


def _several(kind: str) -> Callable[[Writing, Node], None]:
    def write(w: Writing, node: Node) -> None:
        names, layout = operands(w, node)
        w.give(node, w.emit(kind, *names), layout)

    return write


def _composed(compose: Callable[..., str]) -> Callable[[Writing, Node], None]:
    """For what ONNX has no operator for."""

    def write(w: Writing, node: Node) -> None:
        names, layout = operands(w, node)
        w.give(node, compose(w, *names), layout)

    return write


def _compared(kind: str) -> Callable[[Writing, Node], None]:
    def write(w: Writing, node: Node) -> None:
        names, layout = operands(w, node)
        w.truth_of(node, w.emit(kind, *names), layout)

    return write


WRITERS.update({name: _one(kind) for name, kind in _ONE.items()})
WRITERS.update({name: _several(kind) for name, kind in _TWO.items()})
WRITERS.update({name: _compared(kind) for name, kind in _COMPARED.items()})
WRITERS.update({name: _composed(compose) for name, compose in composed.FUNCTIONS.items()})


@writes("elu", "leaky_relu")
def _sloped(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    name = w.emit(_SLOPED[node.op], w.read(x, w.layout(x)), alpha=AlphaSettings.of(node).alpha)
    w.give(node, name, w.layout(x))


@writes("stop_gradient")
def _the_same(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    w.give(node, w.read(x, w.layout(x)), w.layout(x))


@writes("as_floats")
def _as_number(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    w.give(node, w.cast(w.read(x, w.layout(x)), w.numbers), w.layout(x))


@writes("select")
def _select(w: Writing, node: Node) -> None:
    layout = w.common(node)
    condition, a, b = node.inputs
    chosen = [w.aligned(source, node, layout) for source in (a, b)]
    w.give(node, w.emit("Where", w.condition(condition, node, layout), *chosen), layout)


@writes("minimum")
def _minimum(w: Writing, node: Node) -> None:
    """What is cut off below and above is one Clip."""
    for x, most in (node.inputs, node.inputs[::-1]):
        least = _least(w, x)
        if least is not None and most in w.known and w.known[most].size == 1 and x.shape == node.shape:
            inner, bound = least
            names = [w.array(bound), w.array(float(w.known[most].reshape(())))]
            w.give(node, w.emit("Clip", w.read(inner, w.layout(inner)), *names), w.layout(inner))
            return
    _several("Min")(w, node)


def _least(w: Writing, node: Node) -> tuple[Node, float] | None:
    """What `node` is the maximum of, and the number besides."""
    if node not in w.used_once or node in w.known:
        return None
    if node.op == "relu":
        return node.inputs[0], 0.0
    if node.op != "maximum":
        return None
    for x, bound in (node.inputs, node.inputs[::-1]):
        if bound in w.known and w.known[bound].size == 1 and x.shape == node.shape and x not in w.known:
            number = float(w.known[bound].reshape(()))
            return None if math.isnan(number) else (x, number)
    return None
