"""A penalty on what goes through."""

from __future__ import annotations

from typing import Any, Unpack

from planish import regularizers
from planish.graph.node import Node
from planish.layers.base.common_arguments import InputShapes
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer


class ActivityOptions(InputShapes, total=False):
    """What the layer takes by keyword besides its own arguments."""

    name: str | None
    trainable: bool
    dtype: Any
    autocast: bool


class ActivityRegularization(Layer):
    """x as it is; training also makes `l1 * sum(|x|) + l2 * sum(x^2)` smaller, per image.

    >>> layer = keras.layers.ActivityRegularization(l1=0.5)
    >>> print(layer(np.ones((1, 4))), [float(loss) for loss in layer.losses])
    [[1. 1. 1. 1.]] [2.0]
    """

    always_built = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **options: Unpack[ActivityOptions]) -> None:
        penalty = regularizers.L1L2(l1=l1, l2=l2)
        super().__init__(activity_regularizer=penalty, **options)
        self.l1, self.l2 = penalty.l1, penalty.l2

    def call(self, x: Node, context: CallContext) -> Node:
        return x

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["activity_regularizer"]
        return {**config, "l1": self.l1, "l2": self.l2}
