"""An activation function as a layer."""

from __future__ import annotations

from typing import Any, Unpack

from planish import activations
from planish.graph.node import Node
from planish.layers.base.activated import Activated
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext


class Activation(Activated):
    """Applies `activation`: a name or a function of nodes.

    >>> print(keras.layers.Activation("relu")(np.array([[-1.0, 2.0]])))
    [[0. 2.]]
    """

    always_built = True

    def __init__(self, activation: Any, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.activation = activation

    def call(self, x: Node, context: CallContext) -> Node:
        return activations.applied(self.activation, x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "activation": activations.serialize(self.activation)}
