"""What max and average pooling share: windows, strides and their checks."""

from __future__ import annotations

from typing import Any, Unpack

from planish.graph.node import Node
from planish.layers import arguments, misfits
from planish.layers.common_arguments import RegularizedOptions
from planish.layers.context import CallContext
from planish.layers.image import Padding, axes_of, from_channels_last, last_shape, to_channels_last, window_padding
from planish.layers.layer import Layer, Shape


class Pooling2D(Layer):
    """One number per window of `pool_size` and channel. `strides` is `pool_size` if None.

    `pool_size` and `strides`: (height, width) in pixels, or one number for both. `padding`: 'valid' leaves out windows
    that do not fit, 'same' pads. `data_format`: 'channels_last' [n, height, width, channels] or 'channels_first'.
    ValueError for images of another rank, or smaller than a window.
    """

    always_built = True

    def __init__(
        self,
        pool_size: int | tuple[int, int] = (2, 2),
        strides: int | tuple[int, int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **options: Unpack[RegularizedOptions],
    ) -> None:
        super().__init__(name=name, **options)
        self.pool_size = arguments.pair(self.label, "pool_size", pool_size)
        self.strides = self.pool_size if strides is None else arguments.pair(self.label, "strides", strides)
        self.padding = arguments.choice(self.label, "padding", padding, ("valid", "same"))
        self.data_format = arguments.data_format(self.label, data_format)

    def pool(self, x: Node, padding: Padding) -> Node:
        """Pools channels_last maps."""
        raise NotImplementedError(f"{self.label} defines no pool(x, padding)")

    def check_input(self, shape: Shape) -> None:
        self.require_rank(shape, 3, axes_of(self.data_format))
        rows, columns, _ = last_shape(shape, self.data_format)
        if self.padding == "valid" and (self.pool_size[0] > rows or self.pool_size[1] > columns):
            smaller = tuple(map(min, self.pool_size, (rows, columns)))
            remedy = f"leave {self.label} out" if smaller == (1, 1) else f"pool_size={smaller}, or padding='same'"
            raise self.mistake(
                f"pooling windows of {self.pool_size[0]}x{self.pool_size[1]} leave nothing of {rows}x{columns} pixels",
                shape,
                expected=f"a map of {self.pool_size[0]}x{self.pool_size[1]} or more",
                received=f"{rows}x{columns}",
                **misfits.too_small(self.data_format, shape, f"{remedy}, or larger images"),
            )

    def call(self, x: Node, context: CallContext) -> Node:
        x = to_channels_last(x, self.data_format)
        padding = window_padding(self.padding, x.shape[:2], self.pool_size, self.strides)
        return from_channels_last(self.pool(x, padding), self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }
