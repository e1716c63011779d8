"""Sums of an expression on the operands, whose values are never written."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.expression import SumOfSettings, evaluate, result_type
from planish.primitives.registry import Array, Environment, op_named, register_rewritten


def register_sum_of(name: str, plain: str, settings_of: Callable[[SumOfSettings], Settings]) -> None:
    """Registers `name`: what the primitive `plain` with these settings makes of the expression's values."""

    def infer(inputs: Sequence[TensorType], settings: SumOfSettings) -> TensorType:
        return op_named(plain).infer([result_type(settings.expression, inputs)], settings_of(settings))

    def reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
        types, own = [source.type for source in node.inputs], SumOfSettings.of(node)
        summed = Node("operand", (), result_type(own.expression, types))
        total = Node(plain, (summed,), node.type, settings_of(own), node.layers)
        return op_named(plain).reference([evaluate(own.expression, types, arrays, environment)], total, environment)

    register_rewritten(name, SumOfSettings, infer, reference)
