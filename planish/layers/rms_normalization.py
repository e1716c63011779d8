"""Normalization of each image by its root mean square (Zhang and Sennrich, 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments, axes
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape
from planish.variable import Variable

_REMEDY = "axis=-1 for the features of each place, axis=[1, 2, 3] for a whole map"


class RMSNormalization(Layer):
    """`scale * x / sqrt(mean(x^2) + epsilon)`, with the mean along `axis`: one axis or several, counted with the batch
    axis. `scale` has the sizes of these axes. ValueError for images without these axes.

    >>> print(np.round(keras.layers.RMSNormalization()(np.array([[3.0, 4.0]])), 3))
    [[0.849 1.131]]
    """

    def __init__(self, axis: int | Sequence[int] = -1, epsilon: float = 1e-6, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.axis = axes.checked(self.label, axis)
        self.epsilon = arguments.number(self.label, "epsilon", epsilon, 0.0)
        self.scale: Variable

    def check_input(self, shape: Shape) -> None:
        sizes = tuple(shape[place] for place in axes.of_images(self, self.axis, shape, _REMEDY))
        if self.built and self.scale.shape != sizes:
            raise self.mistake(
                "the layer was built for other sizes",
                shape,
                expected=f"{self.scale.shape} along axis {self.axis}",
                received=sizes,
                remedy=f"a new layer in place of {self.label}: RMSNormalization(axis={self.axis})",
            )

    def create_weights(self, shape: Shape) -> None:
        self.axis = sorted(axes.as_list(self.axis))  # as Keras has it from here on
        sizes = [shape[place] for place in axes.of_images(self, self.axis, shape, _REMEDY)]
        self.scale = self.add_weight("scale", sizes, "ones")

    def call(self, x: Node, context: CallContext) -> Node:
        places = axes.of_images(self, self.axis, x.shape, _REMEDY)
        squares = primitives.reduce_mean(primitives.square(x), places, keepdims=True)
        y = primitives.multiply(x, primitives.rsqrt(primitives.add(squares, self.epsilon)))
        return primitives.multiply(y, primitives.reshape(self.scale.node, axes.beside(x.shape, places)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "axis": self.axis, "epsilon": self.epsilon}
