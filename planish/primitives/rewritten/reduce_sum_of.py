"""The sum over axes of an image of an expression on the operands, whose values are never written."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node
from planish.primitives.expression import Expression, SumOfSettings
from planish.primitives.reduce import ReduceSettings
from planish.primitives.registry import make
from planish.primitives.summed_expression import register_sum_of

register_sum_of("reduce_sum_of", "reduce_sum", lambda settings: ReduceSettings(axes=settings.axes, keepdims=False))


def reduce_sum_of(inputs: Sequence[Node], expression: Expression, axes: Sequence[int]) -> Node:
    return make("reduce_sum_of", inputs, SumOfSettings(axes=tuple(axes), expression=expression))
