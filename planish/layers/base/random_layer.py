"""Layers that draw random numbers in training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planish import primitives, random_seed
from planish.graph.node import Node
from planish.layers.base import draws
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer


class RandomLayer(Layer):
    """Base of layers that do something random in training and nothing at inference.

    A layer with a `seed` draws the same numbers at the same step in every run, and so does another layer with that
    seed. Without one, the numbers come from the seed of the step. They depend on the place in the batch, and not on
    threads.
    """

    always_built = True

    def __init__(self, seed: int | None, **options: Any) -> None:
        super().__init__(**options)
        self.seed = draws.checked_seed(self.label, seed)

    def uniform(self, shape: Sequence[int], context: CallContext) -> Node:
        """f32[N, *shape], each number in [0, 1)."""
        return draws.uniform(context, tuple(shape), self.seed)

    def normal(self, shape: Sequence[int], context: CallContext) -> Node:
        """f32[N, *shape] of mean 0 and variance 1."""
        if self.seed is None:
            return primitives.random_normal(context.seed, shape, (context.stream(), context.stream()))
        return primitives.random_normal(context.iteration, shape, random_seed.streams_of(self.seed))
