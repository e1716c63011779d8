"""The squared distance from a mean, whose gradient with respect to the mean is left out.

d/dm of the sum over x of (x - m)^2 is -2 * sum of (x - m): zero, if m is the mean of the same values. The rules of
subtraction and square would compute it anyway, by a pass over all values.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node
from planish.graph.settings import Settings
from planish.primitives import reaching
from planish.primitives.binary import multiply, subtract
from planish.primitives.broadcasting import aligned, infer_broadcast, summed_to
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, make, register


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, mean = aligned(arrays, node)
    squared: Array = np.square(x - mean).astype(environment.dtype, copy=False)
    return squared


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    x, mean = node.inputs
    return [summed_to(multiply(multiply(subtract(x, mean), 2.0), g), x), None]


register(
    Primitive(
        name="squared_deviation",
        settings=Settings,
        infer=infer_broadcast,
        reference=_reference,
        gradient=_grad,
        reach=reaching.by_element,
        linear=NOT_LINEAR,
        tail=False,
        monotone=False,
        elementwise=True,
        multiply_adds=NO_PRODUCTS,
    )
)


def squared_deviation(x: Node, mean: Node) -> Node:
    """(x - mean)^2, broadcast. Only right to differentiate if `mean` is the mean of `x` over what is summed later."""
    return make("squared_deviation", [x, mean])
