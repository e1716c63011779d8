"""Normally distributed noise that is added, in training only."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.random_layer import RandomLayer


class GaussianNoise(RandomLayer):
    """In training, adds noise of mean 0 and standard deviation `stddev` (0 to 1) to each value. `seed` is Dropout's.

    >>> print(keras.layers.GaussianNoise(0.1)(np.ones((1, 4))))
    [[1. 1. 1. 1.]]
    """

    def __init__(self, stddev: float, seed: int | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(seed, **options)
        self.stddev = arguments.fraction(self.label, "stddev", stddev)

    def call(self, x: Node, context: CallContext) -> Node:
        if not context.training or self.stddev == 0.0:
            return x
        return primitives.add(x, primitives.multiply(self.normal(x.shape, context), self.stddev))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "stddev": self.stddev, "seed": self.seed}
