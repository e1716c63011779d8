"""A vector as a sequence."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape


class RepeatVector(Layer):
    """The vector of each image `n` times, one below the other: [images, features] -> [images, n, features].

    >>> keras.layers.RepeatVector(3)(np.ones((1, 5))).shape
    (1, 3, 5)
    """

    def __init__(self, n: int, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.n = arguments.integer(self.label, "n", n)

    def check_input(self, shape: Shape) -> None:
        self.require_rank(shape, 1, "(batch, features)")

    def call(self, x: Node, context: CallContext) -> Node:
        return primitives.broadcast_to(primitives.reshape(x, (1, *x.shape)), (self.n, *x.shape))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "n": self.n}
