"""Random zeros, in training only."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.dropping_layer import DroppingLayer


class Dropout(DroppingLayer):
    """In training, each value becomes zero with probability `rate`, and is divided by `1 - rate` otherwise.

    `noise_shape` (with the batch axis, which must be None) has 1 on the axes that share one draw. A layer with a `seed`
    draws the same zeros at the same step in every run, and so does another layer with that seed.

    >>> print(keras.layers.Dropout(0.5)(np.ones((1, 4))))
    [[1. 1. 1. 1.]]
    """

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(rate, noise_shape, seed, **options)

    def call(self, x: Node, context: CallContext) -> Node:
        if not context.training or self.rate == 0.0:
            return x
        if self.rate == 1.0:
            return primitives.multiply(x, 0.0)
        return primitives.multiply(x, primitives.multiply(self.kept(x, context), 1.0 / (1.0 - self.rate)))
