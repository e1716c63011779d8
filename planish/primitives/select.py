"""Choice between two values, element by element: condition != 0 ? a : b."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node
from planish.graph.settings import Settings
from planish.primitives import reaching
from planish.primitives.broadcasting import Operand, aligned, as_node, infer_broadcast, summed_to
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, make, register


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    condition, a, b = aligned(arrays, node)
    return np.where(condition != 0, a, b).astype(environment.dtype, copy=False)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    condition, a, b = node.inputs
    return [None, summed_to(select(condition, g, 0.0), a), summed_to(select(condition, 0.0, g), b)]


register(
    Primitive(
        name="select",
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


def select(condition: Operand, a: Operand, b: Operand) -> Node:
    """`a` where `condition` is not zero, `b` elsewhere; the gradient flows to the one chosen."""
    return make("select", [as_node(condition), as_node(a), as_node(b)])
