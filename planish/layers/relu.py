"""Rectified linear units."""

from __future__ import annotations

from typing import Any, Unpack

from planish import activations
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer


class ReLU(Layer):
    """max_value where x >= max_value, x where x >= threshold, negative_slope * (x - threshold) elsewhere.

    >>> print(keras.layers.ReLU(max_value=6.0)(np.array([[-1.0, 2.0, 9.0]])))
    [[0. 2. 6.]]
    """

    always_built = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.max_value = None if max_value is None else arguments.number(self.label, "max_value", max_value, 0.0)
        self.negative_slope = arguments.number(self.label, "negative_slope", negative_slope, 0.0)
        self.threshold = arguments.number(self.label, "threshold", threshold, 0.0)

    def call(self, x: Node, context: CallContext) -> Node:
        y: Node = activations.relu(x, self.negative_slope, self.max_value, self.threshold)
        return y

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "max_value": self.max_value,
            "negative_slope": self.negative_slope,
            "threshold": self.threshold,
        }
