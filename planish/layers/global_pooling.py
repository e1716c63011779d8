"""What the poolings over whole sequences, images and volumes share."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.spatial import Spatial


class GlobalPooling(Spatial):
    """One number per channel. `keepdims` keeps the axes of space with extent 1.

    [n, *space, channels] -> [n, channels]; `data_format='channels_first'` takes [n, channels, *space].
    """

    always_built = True

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.take_data_format(data_format)
        self.keepdims = arguments.flag(self.label, "keepdims", keepdims)

    def reduce(self, x: Node, axes: tuple[int, ...]) -> Node:
        """`x` without its axes of space."""
        raise NotImplementedError(f"{self.label} defines no reduce(x, axes)")

    def call(self, x: Node, context: CallContext) -> Node:
        return self.reduce(x, self.space)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel."""

    def reduce(self, x: Node, axes: tuple[int, ...]) -> Node:
        return primitives.reduce_mean(x, axes, self.keepdims)


class GlobalMaxPooling(GlobalPooling):
    """The largest value of each channel."""

    def reduce(self, x: Node, axes: tuple[int, ...]) -> Node:
        return primitives.reduce_max(x, axes, self.keepdims)
