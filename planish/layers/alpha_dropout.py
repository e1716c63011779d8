"""Dropout for self-normalizing networks (Klambauer et al., 2017): values that are dropped become SELU's lowest."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.dropping_layer import DroppingLayer
from planish.ops.activations import SELU_ALPHA, SELU_SCALE

_LOWEST = -SELU_ALPHA * SELU_SCALE


class AlphaDropout(DroppingLayer):
    """In training, each value becomes SELU's lowest, -1.758, with probability `rate`, which is less than 1.

    Then all are scaled and shifted, so that values of mean 0 and variance 1 keep these.

    `noise_shape` (with the batch axis, which must be None) has 1 on the axes that share one draw. `seed` is Dropout's.

    >>> print(keras.layers.AlphaDropout(0.5)(np.ones((1, 4))))
    [[1. 1. 1. 1.]]
    """

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(rate, noise_shape, seed, **options)
        arguments.fraction(self.label, "rate", rate, below_one=True)

    def call(self, x: Node, context: CallContext) -> Node:
        if not context.training or self.rate == 0.0:
            return x
        scale = ((1 - self.rate) * (1 + self.rate * _LOWEST**2)) ** -0.5
        shift = -scale * _LOWEST * self.rate
        moved = primitives.add(primitives.multiply(x, scale), shift)
        return primitives.select(self.kept(x, context), moved, scale * _LOWEST + shift)
