"""A border of zeros."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers import arguments
from planish.layers.common_arguments import LayerOptions
from planish.layers.context import CallContext
from planish.layers.image import Padding, axes_of, from_channels_last, to_channels_last
from planish.layers.layer import Layer, Shape


class ZeroPadding2D(Layer):
    """`padding`: one number for all sides, (rows, columns) for two sides each, or ((top, bottom), (left, right)).

    `data_format`: 'channels_last' [n, height, width, channels] or 'channels_first'.

    >>> keras.layers.ZeroPadding2D(((1, 0), (2, 2)))(np.ones((1, 5, 5, 1))).shape
    (1, 6, 9, 1)
    """

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.data_format = arguments.data_format(self.label, data_format)
        self.padding: Padding = self._sides(padding)

    def _sides(self, padding: Any) -> Padding:
        if isinstance(padding, int):
            padding = (padding, padding)
        if isinstance(padding, str) or len(padding) != 2:
            raise arguments.wrong_argument(
                self.label, "padding", "an integer, (rows, columns) or ((top, bottom), (left, right))", padding
            )
        rows, columns = (arguments.pair(self.label, "padding", sides, least=0) for sides in padding)
        return rows, columns

    def check_input(self, shape: Shape) -> None:
        self.require_rank(shape, 3, axes_of(self.data_format))

    def call(self, x: Node, context: CallContext) -> Node:
        padded = primitives.pad2d(to_channels_last(x, self.data_format), self.padding)
        return from_channels_last(padded, self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "data_format": self.data_format}
