"""Random numbers of a layer: from the seed of the step, or from a seed of its own and the number of the step."""

from __future__ import annotations

from typing import Any

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.context import CallContext

MOST_SEED = 2**31 - 1


def checked_seed(layer: str, seed: Any) -> int | None:
    """`seed` as an int, or None: the layer draws from the seed of the step."""
    if seed is None:
        return None
    number = arguments.integer(layer, "seed", seed, 0)
    if number > MOST_SEED:
        raise arguments.wrong_argument(layer, "seed", f"0 to {MOST_SEED}", seed)
    return number


def uniform(context: CallContext, shape: tuple[int, ...], seed: int | None) -> Node:
    """Numbers in [0, 1), other ones for each image and step: f32[N, *shape].

    A layer draws once in each call: with a seed of its own, a second draw would give the same numbers.
    """
    if seed is None:
        return primitives.random_uniform(context.seed, shape, context.stream())
    return primitives.random_uniform(context.iteration, shape, seed)


def between(draw: Node, low: float, high: float) -> Node:
    """A draw from [0, 1) as one from [low, high)."""
    return primitives.add(primitives.multiply(draw, high - low), low)
