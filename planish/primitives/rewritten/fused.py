"""An operation and the element-wise ones behind it, computed without leaving the registers.

The operation `base` on the first `arity` inputs, then the expression on its result (register 0) and the other inputs.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.expression import Expression, evaluate, result_type
from planish.primitives.registry import Array, Environment, op_named, register_rewritten


class FusedSettings(Settings):
    base: str
    settings: Settings
    arity: int
    expression: Expression


def base_of(node: Node) -> str:
    """The operation that a node computes before its tail, if it has one."""
    return FusedSettings.of(node).base if node.op == "fused" else node.op


def settings_of_base(node: Node) -> Settings:
    """The settings of that operation."""
    return FusedSettings.of(node).settings if node.op == "fused" else node.settings


def base_type(inputs: Sequence[TensorType], settings: FusedSettings) -> TensorType:
    """Type of what the base operation of a `fused` node computes."""
    return op_named(settings.base).infer(inputs[: settings.arity], settings.settings)


def _infer(inputs: Sequence[TensorType], settings: FusedSettings) -> TensorType:
    return result_type(settings.expression, [base_type(inputs, settings), *inputs[settings.arity :]])


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    own = FusedSettings.of(node)
    types = [source.type for source in node.inputs]
    base = Node(own.base, node.inputs[: own.arity], base_type(types, own), own.settings, node.layers)
    result = op_named(base.op).reference(arrays[: own.arity], base, environment)
    return evaluate(own.expression, [base.type, *types[own.arity :]], [result, *arrays[own.arity :]], environment)


register_rewritten("fused", FusedSettings, _infer, _reference)
