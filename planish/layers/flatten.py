"""Every image as one row of numbers."""

from __future__ import annotations

import math
from typing import Any, Unpack

from planish import primitives
from planish.errors import explain
from planish.flattening import FlattenMap
from planish.graph.node import Node
from planish.layers import arguments, lineage
from planish.layers.common_arguments import LayerOptions
from planish.layers.context import CallContext
from planish.layers.image import to_channels_last
from planish.layers.layer import Layer


class Flatten(Layer):
    """[height, width, channels] -> [height * width * channels], channels varying fastest: also for 'channels_first'.

    `data_format`: that of the images; None means 'channels_last'.

    >>> keras.layers.Flatten()(np.ones((1, 5, 5, 64))).shape
    (1, 1600)
    """

    order = "channels_last"
    """Which coordinate varies fastest in the row, as `FlattenMap` names it."""

    def __init__(self, data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.data_format = arguments.data_format(self.label, data_format)

    def call(self, x: Node, context: CallContext) -> Node:
        return primitives.reshape(to_channels_last(x, self.data_format) if x.shape else x, (math.prod(x.shape),))

    @property
    def map(self) -> FlattenMap:
        """Which (row, column, channel) each number of the row comes from, and what part of the image it saw.

        For a layer in a model, this is about the model that was built with it last. One that was built or called by
        itself knows its input's shape; only receptive fields are missing. AttributeError if it has not seen a shape.
        """
        if self.input is not None:
            feature_map = lineage.traced_input(self)
            image_format = lineage.image_format([*lineage.layers_before(self), self])
            return FlattenMap(
                feature_map.shape, self.data_format, self.order, image_format=image_format, feature_map=feature_map
            )
        if self._build_shape is None:
            raise AttributeError(
                explain(
                    layer=self.label,
                    what="the layer has not seen a shape yet, so it has no map",
                    remedy="put it into a model with an Input(shape=...), or call build((None, 5, 5, 64))",
                )
            )
        shape = tuple(extent for extent in self._build_shape[1:] if extent is not None)
        return FlattenMap(shape, self.data_format, self.order)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}
