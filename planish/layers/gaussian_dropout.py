"""Normally distributed noise that values are multiplied with, in training only (Srivastava et al., 2014)."""

from __future__ import annotations

import math
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.random_layer import RandomLayer


class GaussianDropout(RandomLayer):
    """In training, multiplies each value with noise of mean 1 and standard deviation `sqrt(rate / (1 - rate))`.

    `rate`: 0 or more, and less than 1. `seed` is Dropout's.

    >>> print(keras.layers.GaussianDropout(0.5)(np.ones((1, 4))))
    [[1. 1. 1. 1.]]
    """

    def __init__(self, rate: float, seed: int | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(seed, **options)
        self.rate = arguments.fraction(self.label, "rate", rate, below_one=True)

    def call(self, x: Node, context: CallContext) -> Node:
        if not context.training or self.rate == 0.0:
            return x
        noise = primitives.multiply(self.normal(x.shape, context), math.sqrt(self.rate / (1 - self.rate)))
        return primitives.multiply(x, primitives.add(noise, 1.0))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
