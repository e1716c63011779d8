"""Images brought to length 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import axes
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape

_LEAST_SQUARE = 1e-24
_REMEDY = "axis=-1 for the features of each place, axis=[1, 2, 3] for a whole map"


class UnitNormalization(Layer):
    """x divided by its length, the square root of the sum of squares, along `axis`: one axis or several, counted with
    the batch axis. What is 0 stays 0. ValueError for images without these axes.

    >>> print(np.round(keras.layers.UnitNormalization()(np.array([[3.0, 4.0]])), 3))
    [[0.6 0.8]]
    """

    always_built = True

    def __init__(self, axis: int | Sequence[int] = -1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.axis = axes.checked(self.label, axis)

    def check_input(self, shape: Shape) -> None:
        axes.of_images(self, self.axis, shape, _REMEDY)

    def call(self, x: Node, context: CallContext) -> Node:
        places = axes.of_images(self, self.axis, x.shape, _REMEDY)
        squares = primitives.reduce_sum(primitives.square(x), places, keepdims=True)
        return primitives.multiply(x, primitives.rsqrt(primitives.maximum(squares, _LEAST_SQUARE)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
