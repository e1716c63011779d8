"""Exponential linear units."""

from __future__ import annotations

from typing import Any, Unpack

from planish import activations
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer


class ELU(Layer):
    """x where x > 0, alpha * (exp(x) - 1) elsewhere.

    >>> print(keras.layers.ELU()(np.array([[2.0, 0.0]])))
    [[2. 0.]]
    """

    always_built = True

    def __init__(self, alpha: float = 1.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.alpha = arguments.number(self.label, "alpha", alpha)

    def call(self, x: Node, context: CallContext) -> Node:
        y: Node = activations.elu(x, self.alpha)
        return y

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "alpha": self.alpha}
