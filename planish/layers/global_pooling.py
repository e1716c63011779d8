"""What the two poolings over whole images share."""

from __future__ import annotations

from typing import Any, Unpack

from planish.graph.node import Node
from planish.layers import arguments
from planish.layers.common_arguments import LayerOptions
from planish.layers.context import CallContext
from planish.layers.image import axes_of
from planish.layers.layer import Layer, Shape


class GlobalPooling2D(Layer):
    """One number per channel. `keepdims` keeps height and width as axes of extent 1.

    [n, height, width, channels] -> [n, channels]; `data_format='channels_first'` takes [n, channels, height, width].
    """

    always_built = True

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.data_format = arguments.data_format(self.label, data_format)
        self.keepdims = arguments.flag(self.label, "keepdims", keepdims)

    def reduce(self, x: Node, axes: tuple[int, int]) -> Node:
        """`x` without its pixel axes."""
        raise NotImplementedError(f"{self.label} defines no reduce(x, axes)")

    def check_input(self, shape: Shape) -> None:
        self.require_rank(shape, 3, axes_of(self.data_format))

    def call(self, x: Node, context: CallContext) -> Node:
        return self.reduce(x, (1, 2) if self.data_format == "channels_first" else (0, 1))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "data_format": self.data_format, "keepdims": self.keepdims}
