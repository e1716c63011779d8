"""What max and average pooling share: windows, strides and their checks."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments, misfits
from planish.layers.base.common_arguments import RegularizedOptions
from planish.layers.base.context import CallContext
from planish.layers.base.image import (
    Padding,
    Pair,
    as_map,
    from_channels_last,
    from_map,
    to_channels_last,
    told,
    window_padding,
)
from planish.layers.base.layer import Shape
from planish.layers.base.spatial import Spatial


class Pooling(Spatial):
    """One number per window of `pool_size` and channel. `strides` is `pool_size` if None.

    `padding`: 'valid' leaves out windows that do not fit, 'same' pads. `data_format`: 'channels_last'
    [n, *space, channels] or 'channels_first'. ValueError for images of another rank, or smaller than a window.
    """

    always_built = True

    def __init__(
        self,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **options: Unpack[RegularizedOptions],
    ) -> None:
        super().__init__(name=name, **options)
        self.pool_size = arguments.extents(self.label, "pool_size", pool_size, self.rank)
        given = self.pool_size if strides is None else strides
        self.strides = arguments.extents(self.label, "strides", given, self.rank)
        self.padding = arguments.choice(self.label, "padding", padding, ("valid", "same"))
        self.take_data_format(data_format)

    def pool(self, x: Node, window: Pair, strides: Pair, padding: Padding) -> Node:
        """Pools channels_last maps."""
        raise NotImplementedError(f"{self.label} defines no pool(x, window, strides, padding)")

    def check_input(self, shape: Shape) -> None:
        super().check_input(shape)
        size = self.space_of(shape)
        smaller = tuple(map(min, self.pool_size, size))
        if self.padding == "same" or smaller == self.pool_size:
            return
        fitting = smaller if self.rank > 1 else smaller[0]
        remedy = f"leave {self.label} out" if max(smaller) == 1 else f"pool_size={fitting}, or padding='same'"
        window = told(self.pool_size).partition(" ")[0]
        raise self.too_small(
            f"pooling windows of {window} leave nothing of {told(size)}",
            shape,
            expected=f"a map of {window} or more" if self.rank > 1 else f"{told(self.pool_size)} or more",
            received=told(size).partition(" ")[0],
            **misfits.too_small(
                self.data_format, shape, f"{remedy}, or {'larger images' if self.rank > 1 else 'longer sequences'}"
            ),
        )

    def call(self, x: Node, context: CallContext) -> Node:
        x = as_map(to_channels_last(x, self.data_format))
        window, strides = self._on_maps(self.pool_size), self._on_maps(self.strides)
        y = self.pool(x, window, strides, window_padding(self.padding, x.shape[:2], window, strides))
        return from_channels_last(from_map(y, self.rank), self.data_format)

    def _on_maps(self, extents: tuple[int, ...]) -> Pair:
        """A number for rows and one for columns: a sequence is one row."""
        first, second = (1, *extents) if self.rank == 1 else extents
        return first, second

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "pool_size": self.pool_size,
            "padding": self.padding,
            "strides": self.strides,
            "data_format": self.data_format,
        }


class MaxPooling(Pooling):
    """Maximum over windows; the padding of 'same' never wins."""

    def pool(self, x: Node, window: Pair, strides: Pair, padding: Padding) -> Node:
        return primitives.max_pool2d(x, window, strides, padding)


class AveragePooling(Pooling):
    """Mean over windows; the padding of 'same' is not counted."""

    def pool(self, x: Node, window: Pair, strides: Pair, padding: Padding) -> Node:
        return primitives.average_pool2d(x, window, strides, padding)
