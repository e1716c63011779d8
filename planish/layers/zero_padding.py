"""What borders of zeros share."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.image import as_map, from_channels_last, from_map, to_channels_last
from planish.layers.base.spatial import Spatial

NO_SIDES = (0, 0)


class ZeroPadding(Spatial):
    """Zeros before and after each axis of space."""

    def __init__(self, padding: Any, data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.take_data_format(data_format)
        self.sides = arguments.sides(self.label, "padding", padding, self.rank)

    @property
    def padding(self) -> Any:
        """(before, after) for each axis, as in Keras: those of a sequence's one axis by themselves."""
        return self.sides if self.rank > 1 else self.sides[0]

    def call(self, x: Node, context: CallContext) -> Node:
        last = to_channels_last(x, self.data_format)
        return from_channels_last(self._padded(last), self.data_format)

    def _padded(self, x: Node) -> Node:
        if self.rank == 3:
            return primitives.pad(x, (*self.sides, NO_SIDES))
        rows, columns = (NO_SIDES, *self.sides) if self.rank == 1 else self.sides
        return from_map(primitives.pad2d(as_map(x), (rows, columns)), self.rank)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "padding": self.padding, "data_format": self.data_format}
