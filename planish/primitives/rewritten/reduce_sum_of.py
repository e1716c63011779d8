"""The sum over axes of an image of an expression on the operands, whose values are never written."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.expression import Expression, SumOfSettings, evaluate, result_type
from planish.primitives.reduce import ReduceSettings
from planish.primitives.registry import Array, Environment, make, op_named, register_rewritten


def _settings_of_sum(settings: SumOfSettings) -> Settings:
    return ReduceSettings(axes=settings.axes, keepdims=False)


def _infer(inputs: Sequence[TensorType], settings: SumOfSettings) -> TensorType:
    summed = result_type(settings.expression, inputs)
    return op_named("reduce_sum").infer([summed], _settings_of_sum(settings))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    types = [source.type for source in node.inputs]
    own = SumOfSettings.of(node)
    summed = Node("operand", (), result_type(own.expression, types))
    total = Node("reduce_sum", (summed,), node.type, _settings_of_sum(own), node.layers)
    return op_named(total.op).reference([evaluate(own.expression, types, arrays, environment)], total, environment)


register_rewritten("reduce_sum_of", SumOfSettings, _infer, _reference)


def reduce_sum_of(inputs: Sequence[Node], expression: Expression, axes: Sequence[int]) -> Node:
    return make("reduce_sum_of", inputs, SumOfSettings(axes=tuple(axes), expression=expression))
