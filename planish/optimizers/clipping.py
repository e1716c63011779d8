"""Makes gradients smaller that are too large."""

from __future__ import annotations

from functools import reduce

from planish import primitives
from planish.graph.node import Node


def by_value(gradients: list[Node], bound: float) -> list[Node]:
    """Every element between -bound and bound."""
    return [primitives.minimum(primitives.maximum(gradient, -bound), bound) for gradient in gradients]


def by_norm(gradients: list[Node], bound: float) -> list[Node]:
    """Each gradient, shortened if its norm is above the bound."""
    return [_shortened(gradient, _square_sum(gradient), bound) for gradient in gradients]


def by_global_norm(gradients: list[Node], bound: float) -> list[Node]:
    """All gradients, shortened by one factor if their common norm is above the bound."""
    if not gradients:
        return []
    total = reduce(primitives.add, [_square_sum(gradient) for gradient in gradients])
    return [_shortened(gradient, total, bound) for gradient in gradients]


def _square_sum(gradient: Node) -> Node:
    return primitives.reduce_sum(primitives.square(gradient), range(len(gradient.shape)))


def _shortened(gradient: Node, square_sum: Node, bound: float) -> Node:
    return primitives.multiply(
        gradient, primitives.divide(bound, primitives.maximum(primitives.sqrt(square_sum), bound))
    )
