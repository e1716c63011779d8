"""What adaptive poolings share: as many windows as one asks for, whatever the size of the input."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.image import told
from planish.layers.base.layer import Shape
from planish.layers.base.spatial import Spatial


class AdaptivePooling(Spatial):
    """Window i of `output_size` over `extent` entries reaches from floor(i * extent / output_size) to
    ceil((i + 1) * extent / output_size), so that windows may differ in size, and overlap."""

    def __init__(self, output_size: Any, data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.output_size = arguments.extents(self.label, "output_size", output_size, self.rank)
        self.take_data_format(data_format)

    def pool(self, x: Node, axis: int, count: int) -> Node:
        """`x` with `count` windows along an axis."""
        raise NotImplementedError(f"{self.label} defines no pool(x, axis, count)")

    def call(self, x: Node, context: CallContext) -> Node:
        for axis, count in zip(self.space, self.output_size, strict=True):
            x = self.pool(x, axis, count)
        return x

    def arithmetic(self, shape: Shape) -> str:
        """How many windows there are: no rule gives that; it is the layer's argument."""
        windows = told(self.output_size).partition(" ")[0].replace("x", " x ")
        size, _, unit = told(self.space_of(shape)).partition(" ")
        return f"{windows} windows for {size.replace('x', ' x ')} {unit}"

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "output_size": self.output_size, "data_format": self.data_format}


class AdaptiveAveragePooling(AdaptivePooling):
    """The mean of each window."""

    def call(self, x: Node, context: CallContext) -> Node:
        everything = max(self.output_size) == 1
        return primitives.reduce_mean(x, self.space, keepdims=True) if everything else super().call(x, context)

    def pool(self, x: Node, axis: int, count: int) -> Node:
        return primitives.adaptive_pool(x, axis, count, primitives.average_pool2d)


class AdaptiveMaxPooling(AdaptivePooling):
    """The largest value of each window."""

    def pool(self, x: Node, axis: int, count: int) -> Node:
        return primitives.adaptive_pool(x, axis, count, primitives.max_pool2d)
