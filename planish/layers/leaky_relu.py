"""Rectified linear units that let a little of the negative values through."""

from __future__ import annotations

from typing import Any, Unpack

from planish import activations
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer


class LeakyReLUOptions(LayerOptions, total=False):
    """`alpha` is Keras 2's name of `negative_slope`."""

    alpha: float


class LeakyReLU(Layer):
    """x where x >= 0, negative_slope * x elsewhere. `alpha` is Keras 2's name of `negative_slope`.

    >>> print(keras.layers.LeakyReLU(0.5)(np.array([[-1.0, 2.0]])))
    [[-0.5  2. ]]
    """

    always_built = True

    def __init__(self, negative_slope: float = 0.3, **options: Unpack[LeakyReLUOptions]) -> None:
        negative_slope = options.pop("alpha", negative_slope)
        super().__init__(**options)
        self.negative_slope = arguments.number(self.label, "negative_slope", negative_slope, 0.0)

    def call(self, x: Node, context: CallContext) -> Node:
        y: Node = activations.leaky_relu(x, self.negative_slope)
        return y

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "negative_slope": self.negative_slope}
