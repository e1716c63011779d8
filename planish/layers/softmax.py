"""Softmax as a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import activations
from planish.graph.node import Node
from planish.layers.base import axes
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape


class Softmax(Layer):
    """exp(x) divided by its sum along `axis` (counted with the batch axis, which is axis 0), or along several axes.

    >>> print(keras.layers.Softmax()(np.array([[1.0, 1.0]])))
    [[0.5 0.5]]
    """

    always_built = True

    def __init__(self, axis: int | Sequence[int] = -1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.axis = axes.checked(self.label, axis)

    def check_input(self, shape: Shape) -> None:
        axes.of_images(self, self.axis, shape, "axis=-1, where the scores of the classes are")

    def call(self, x: Node, context: CallContext) -> Node:
        y: Node = activations.softmax(x, self.axis if isinstance(self.axis, int) else tuple(self.axis))
        return y

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}
