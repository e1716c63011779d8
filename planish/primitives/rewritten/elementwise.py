"""A chain of element-wise operations on the operands, computed without leaving the registers."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.expression import Expression, evaluate, result_type
from planish.primitives.registry import Array, Environment, make, register_rewritten


class ElementwiseSettings(Settings):
    expression: Expression


def _infer(inputs: Sequence[TensorType], settings: ElementwiseSettings) -> TensorType:
    return result_type(settings.expression, inputs)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    types = [source.type for source in node.inputs]
    return evaluate(ElementwiseSettings.of(node).expression, types, arrays, environment)


register_rewritten("elementwise", ElementwiseSettings, _infer, _reference)


def elementwise(inputs: Sequence[Node], expression: Expression) -> Node:
    return make("elementwise", inputs, ElementwiseSettings(expression=expression))


def as_elementwise(node: Node, inputs: Sequence[Node], expression: Expression, layers: tuple[str, ...]) -> Node:
    """The value of `node` as one expression: its type is known."""
    return Node("elementwise", tuple(inputs), node.type, ElementwiseSettings(expression=expression), layers)
