"""Softmax as a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import activations
from planish.graph.node import Node
from planish.layers import arguments
from planish.layers.common_arguments import LayerOptions
from planish.layers.context import CallContext
from planish.layers.layer import Layer, Shape


class Softmax(Layer):
    """exp(x) divided by its sum along `axis` (counted with the batch axis, which is axis 0), or along several axes.

    >>> print(keras.layers.Softmax()(np.array([[1.0, 1.0]])))
    [[0.5 0.5]]
    """

    always_built = True

    def __init__(self, axis: int | Sequence[int] = -1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        given = axis if isinstance(axis, (list, tuple)) and axis else [axis]
        self._axes = [arguments.integer(self.label, "axis", one, least=-MOST_AXES) for one in given]
        self.axis: int | list[int] = self._axes if isinstance(axis, (list, tuple)) else self._axes[0]
        if 0 in self._axes:
            raise arguments.wrong_argument(self.label, "axis", "an axis of the image: axis 0 is the batch", axis)

    def check_input(self, shape: Shape) -> None:
        rank = len(shape) + 1
        for axis in self._axes:
            if axis % rank == 0 or not -rank < axis < rank:
                raise self.mistake(
                    f"axis {axis} is not an axis of the image",
                    shape,
                    expected=f"1 to {rank - 1}, or {1 - rank} to -1",
                    remedy="axis=-1, where the scores of the classes are",
                )
        if len({axis % rank for axis in self._axes}) < len(self._axes):
            raise self.mistake("an axis is named twice", shape, received=self.axis, remedy="axis=-1")

    def call(self, x: Node, context: CallContext) -> Node:
        y: Node = activations.softmax(x, self._axes[0] if len(self._axes) == 1 else tuple(self._axes))
        return y

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis}


MOST_AXES = 64  # of a NumPy array
