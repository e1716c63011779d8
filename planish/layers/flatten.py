"""Every image as one row of numbers."""

from __future__ import annotations

import math
from typing import Any, Unpack

from planish import primitives
from planish.errors import explain
from planish.flattening import FlattenMap
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.layers.base import arguments, lineage
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.image import to_channels_last
from planish.layers.base.layer import Layer
from planish.layers.base.traced import Traced


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
        if self.calls:
            traced = lineage.traced_input(self)
            return self.map_in(traced, traced.outputs[0])
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

    def map_in(self, traced: Traced, feature_map: Node) -> FlattenMap:
        """The map of a use of the layer in a model, on `feature_map`. Receptive fields are windows of its inputs."""
        seen = [node for node in topological([feature_map]) if node in traced.inputs]
        image_format = traced.image_format(seen[0], self.data_format) if len(seen) == 1 else self.data_format
        return FlattenMap(
            feature_map.shape,
            self.data_format,
            self.order,
            image_format=image_format,
            feature_map=feature_map,
            traced=traced,
        )

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}
