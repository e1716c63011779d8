"""Every image as one row of numbers."""

from __future__ import annotations

import math
from typing import Any

from planish import ops
from planish.graph.node import Node
from planish.layers import arguments
from planish.layers.context import CallContext
from planish.layers.image import to_channels_last
from planish.layers.layer import Layer


class Flatten(Layer):
    """[height, width, channels] -> [height * width * channels], channels varying fastest: also for 'channels_first'."""

    def __init__(self, data_format: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.data_format = arguments.data_format(self.label, data_format)

    def call(self, x: Node, context: CallContext) -> Node:
        return ops.reshape(to_channels_last(x, self.data_format) if x.shape else x, (math.prod(x.shape),))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format}
