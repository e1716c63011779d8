"""Base of layers without weights on sequences, images or volumes."""

from __future__ import annotations

from typing import Any, ClassVar

from planish.layers.base import arguments
from planish.layers.base.image import axes_of, last_shape
from planish.layers.base.layer import Layer, Shape


class Spatial(Layer):
    """`rank` is the number of axes of space: 1 for sequences, 2 for images, 3 for volumes.

    [n, *space, channels], or with `data_format='channels_first'` [n, channels, *space].
    """

    rank: ClassVar[int] = 2
    data_format = "channels_last"

    def take_data_format(self, data_format: Any) -> None:
        self.data_format = arguments.data_format(self.label, data_format)

    def check_input(self, shape: Shape) -> None:
        self.require_rank(shape, self.rank + 1, axes_of(self.data_format, self.rank))

    def space_of(self, shape: Shape) -> Shape:
        """The extents of a shape's axes of space."""
        return last_shape(shape, self.data_format)[:-1]

    @property
    def space(self) -> tuple[int, ...]:
        """The axes of space of one image."""
        first = int(self.data_format == "channels_first")
        return tuple(range(first, first + self.rank))
