"""Several layers as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from planish import serialization
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape
from planish.layers.preprocessing.augmentation import ImageLayer


class Pipeline(ImageLayer):
    """`layers`, one behind the other, as a layer of the `name`: in training, and as in Keras, if nobody says what it is
    called for, those act that act in training only.

    >>> flips = keras.layers.Pipeline([keras.layers.RandomFlip(), keras.layers.RandomRotation(0.1)])
    >>> flips(np.ones((2, 4, 4, 3)), training=True).shape
    (2, 4, 4, 3)
    """

    if_untold = True

    def __init__(self, layers: Sequence[Layer], name: str | None = None) -> None:
        super().__init__(name=name)
        if not isinstance(layers, list | tuple) or not all(isinstance(layer, Layer) for layer in layers):
            raise arguments.wrong_argument(self.label, "layers", "a list of layers", layers)
        self.layers = [*layers]

    def check_input(self, shape: Shape) -> None:
        """Its layers say what they take."""

    def call(self, x: Node, context: CallContext) -> Node:
        for layer in self.layers:
            x = layer(x)
        return x

    def get_config(self) -> dict[str, Any]:
        return {"layers": [serialization.serialize(layer) for layer in self.layers], "name": self.name}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The pipeline of layers that `get_config` (or Keras's) describes."""
        return cls([serialization.deserialize(each) for each in config["layers"]], name=config.get("name"))
