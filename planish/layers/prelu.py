"""Rectified linear units whose slope below zero is learned (He et al., 2015)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments, weight_arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape
from planish.variable import Variable


class PReLU(Layer):
    """x where x > 0, alpha * x elsewhere. `alpha` has a number for each element of an image, one for all along
    `shared_axes` (counted with the batch axis: `[1, 2]` for one of each channel of a map).

    `alpha_initializer`: the weight's first values. `alpha_regularizer`: a penalty. `alpha_constraint`: what each step
    makes of the new weight. ValueError for images of another shape than the layer was built for.

    >>> layer = keras.layers.PReLU("ones", shared_axes=[1, 2])
    >>> print(layer(-np.ones((1, 1, 1, 2))), layer.alpha.shape)
    [[[[-1. -1.]]]] (1, 1, 2)
    """

    alpha_initializer: Any
    alpha_regularizer: Any
    alpha_constraint: Any

    def __init__(
        self,
        alpha_initializer: Any = "Zeros",
        alpha_regularizer: Any = None,
        alpha_constraint: Any = None,
        shared_axes: int | Sequence[int] | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        weight_arguments.take(self, "alpha", alpha_initializer, alpha_regularizer, alpha_constraint)
        self.shared_axes = None if shared_axes is None else self._checked(shared_axes)
        self.alpha: Variable

    def _checked(self, shared_axes: Any) -> list[int]:
        given = shared_axes if isinstance(shared_axes, (list, tuple)) else [shared_axes]
        try:
            return [arguments.integer(self.label, "shared_axes", axis) for axis in given]
        except ValueError:
            expected = "axes of an image, counted from 1 on: axis 0 is the batch"
            raise arguments.wrong_argument(self.label, "shared_axes", expected, shared_axes) from None

    def check_input(self, shape: Shape) -> None:
        if any(axis > len(shape) for axis in self.shared_axes or ()):
            raise self.mistake(
                "shared_axes names an axis that the input does not have",
                shape,
                expected=f"1 to {len(shape)}" if shape else "None",
                received=self.shared_axes,
            )
        if self.built and self._shape_of_alpha(shape) != self.alpha.shape:
            raise self.mistake(
                "the layer was built for another shape",
                shape,
                expected=f"alpha {self._shape_of_alpha(shape)}",
                received=f"alpha {self.alpha.shape}",
                remedy="one slope for each channel, whatever the size: PReLU(shared_axes=[1, 2])"
                if len(shape) == 3
                else f"a new layer in place of {self.label}: PReLU()",
            )

    def _shape_of_alpha(self, shape: Shape) -> Shape:
        shared = self.shared_axes or ()
        return tuple(1 if axis in shared else extent for axis, extent in enumerate(shape, 1))

    def create_weights(self, shape: Shape) -> None:
        self.alpha = weight_arguments.make(self, "alpha", self._shape_of_alpha(shape))

    def call(self, x: Node, context: CallContext) -> Node:
        below = primitives.relu(primitives.negative(x))
        return primitives.subtract(primitives.relu(x), primitives.multiply(below, self.alpha.node))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **weight_arguments.config(self, "alpha"), "shared_axes": self.shared_axes}
