"""What croppings share."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments, misfits
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.image import as_map, from_channels_last, from_map, to_channels_last, told
from planish.layers.base.layer import Shape
from planish.layers.base.spatial import Spatial


class Cropping(Spatial):
    """Leaves out what is at both ends of each axis of space."""

    def __init__(self, cropping: Any, data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.take_data_format(data_format)
        self.sides = arguments.sides(self.label, "cropping", cropping, self.rank)

    @property
    def cropping(self) -> Any:
        """(before, after) for each axis, as in Keras: those of a sequence's one axis by themselves."""
        return self.sides if self.rank > 1 else self.sides[0]

    def check_input(self, shape: Shape) -> None:
        super().check_input(shape)
        size = self.space_of(shape)
        needed = tuple(sum(sides) + 1 for sides in self.sides)
        if all(least <= extent for least, extent in zip(needed, size, strict=True)):
            return
        fitting = tuple(min((extent - 1) // 2, sum(sides) // 2) for extent, sides in zip(size, self.sides, strict=True))
        remedy = f"{type(self).__name__}({fitting if self.rank > 1 else fitting[0]})"
        raise self.too_small(
            f"cropping {self.cropping} leaves nothing of {told(size)}",
            shape,
            expected=f"{told(needed)} or more",
            received=told(size),
            **misfits.too_small(
                self.data_format, shape, f"{remedy}, or {'larger images' if self.rank > 1 else 'longer sequences'}"
            ),
        )

    def call(self, x: Node, context: CallContext) -> Node:
        last = to_channels_last(x, self.data_format)
        return from_channels_last(self._cropped(last), self.data_format)

    def _cropped(self, x: Node) -> Node:
        if self.rank == 3:
            for axis, (before, after) in enumerate(self.sides):
                x = primitives.slice_axis(x, axis, before, x.shape[axis] - after)
            return x
        rows, columns = ((0, 0), *self.sides) if self.rank == 1 else self.sides
        return from_map(primitives.crop2d(as_map(x), (rows, columns)), self.rank)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cropping": self.cropping, "data_format": self.data_format}
