"""The sum over the batch of an expression on the operands, whose values are never written."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node
from planish.primitives.axes import AxesSettings
from planish.primitives.expression import Expression, SumOfSettings
from planish.primitives.registry import make
from planish.primitives.summed_expression import register_sum_of

register_sum_of("batch_sum_of", "batch_sum", lambda settings: AxesSettings(axes=settings.axes))


def batch_sum_of(inputs: Sequence[Node], expression: Expression, axes: Sequence[int]) -> Node:
    return make("batch_sum_of", inputs, SumOfSettings(axes=tuple(axes), expression=expression))
