"""What MaxPooling3D and AveragePooling3D share."""

from __future__ import annotations

from typing import Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers import volumes
from planish.layers.base.common_arguments import RegularizedOptions
from planish.layers.base.context import CallContext
from planish.layers.base.image import Pair, from_channels_last, to_channels_last, window_padding
from planish.layers.base.layer import Shape
from planish.layers.pooling import Pooling


class VolumePooling(Pooling):
    """Base of pools over windows of volumes: first in each plane, then along the depth.

    The maximum that this finds first is the first one in the order of planes, rows and columns; a mean of means over as
    many voxels each is the mean of all.
    """

    rank = 3

    def __init__(
        self,
        pool_size: int | tuple[int, int, int] = (2, 2, 2),
        strides: int | tuple[int, int, int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **options: Unpack[RegularizedOptions],
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **options)

    def call(self, x: Node, context: CallContext) -> Node:
        last = to_channels_last(x, self.data_format)
        return from_channels_last(self._along_depth(self._in_planes(last)), self.data_format)

    def _in_planes(self, x: Node) -> Node:
        """Rows and columns of all planes at once, which lie side by side as channels."""
        depth, rows, columns, channels = x.shape
        together = primitives.reshape(primitives.transpose(x, (1, 2, 0, 3)), (rows, columns, depth * channels))
        y = self._pooled(together, self.pool_size[1:], self.strides[1:])
        apart = primitives.reshape(y, (*y.shape[:2], depth, channels))
        return primitives.transpose(apart, (2, 0, 1, 3))

    def _along_depth(self, x: Node) -> Node:
        depth, rows, columns, channels = x.shape
        flat = primitives.reshape(x, (depth, rows * columns, channels))
        y = self._pooled(flat, (self.pool_size[0], 1), (self.strides[0], 1))
        return primitives.reshape(y, (y.shape[0], rows, columns, channels))

    def _pooled(self, x: Node, window: tuple[int, ...], strides: tuple[int, ...]) -> Node:
        size, steps = _pair(window), _pair(strides)
        return self.pool(x, size, steps, window_padding(self.padding, x.shape[:2], size, steps))

    def arithmetic(self, shape: Shape) -> str:
        """How many windows there are along each axis, written out."""
        return volumes.arithmetic(self.padding, self.space_of(shape), self.pool_size, self.strides)


def _pair(extents: tuple[int, ...]) -> Pair:
    first, second = extents
    return first, second
