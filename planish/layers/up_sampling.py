"""What enlarging layers share."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.spatial import Spatial


class UpSampling(Spatial):
    """Each step, pixel or voxel `size` times along each axis of space."""

    def __init__(self, size: Any, data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.take_data_format(data_format)
        self.sizes = arguments.extents(self.label, "size", size, self.rank)

    @property
    def size(self) -> Any:
        """How many times, for each axis."""
        return self.sizes

    def call(self, x: Node, context: CallContext) -> Node:
        return self.repeated(x)

    def repeated(self, x: Node) -> Node:
        """All axes at once: an axis of extent 1 behind each one of space is widened and joined with it."""
        times = dict(zip(self.space, self.sizes, strict=True))
        apart, wide, whole = [], [], []
        for axis, extent in enumerate(x.shape):
            apart += [extent, 1] if axis in times else [extent]
            wide += [extent, times[axis]] if axis in times else [extent]
            whole.append(extent * times.get(axis, 1))
        return primitives.reshape(primitives.broadcast_to(primitives.reshape(x, apart), wide), whole)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size, "data_format": self.data_format}
