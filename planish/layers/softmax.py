"""Softmax as a layer."""

from __future__ import annotations

from typing import Any, Unpack

from planish import activations
from planish.graph.node import Node
from planish.layers import arguments
from planish.layers.common_arguments import LayerOptions
from planish.layers.context import CallContext
from planish.layers.layer import Layer, Shape


class Softmax(Layer):
    """exp(x) divided by its sum along `axis` (counted with the batch axis, which is axis 0)."""

    always_built = True

    def __init__(self, axis: int = -1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        if isinstance(axis, (list, tuple)) and len(axis) == 1:
            (axis,) = axis
        self.axis = arguments.integer(self.label, "axis", axis, least=-MOST_AXES)
        if self.axis == 0:
            raise arguments.wrong_argument(self.label, "axis", "an axis of the image: axis 0 is the batch", axis)

    def check_input(self, shape: Shape) -> None:
        rank = len(shape) + 1
        if self.axis % rank == 0 or not -rank < self.axis < rank:
            raise self.mistake(
                f"axis {self.axis} is not an axis of the image",
                shape,
                expected=f"1 to {rank - 1}, or {1 - rank} to -1",
                remedy="axis=-1, where the scores of the classes are",
            )

    def call(self, x: Node, context: CallContext) -> Node:
        y: Node = activations.softmax(x, self.axis)
        return y

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


MOST_AXES = 64  # of a NumPy array
