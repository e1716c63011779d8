"""Another shape for the same numbers."""

from __future__ import annotations

import math
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments, chain, misfits
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape


class Reshape(Layer):
    """Images of the shape `target_shape` (batch axis left out), with their numbers in the same order.

    One extent may be -1: it follows from the others.

    >>> keras.layers.Reshape((-1, 2))(np.ones((1, 4, 4))).shape
    (1, 8, 2)
    """

    always_built = True

    def __init__(self, target_shape: Any, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        extents = (target_shape,) if isinstance(target_shape, int) else tuple(target_shape)
        self.target_shape = tuple(arguments.integer(self.label, "target_shape", extent, -1) for extent in extents)
        if self.target_shape.count(-1) > 1 or 0 in self.target_shape:
            raise arguments.wrong_argument(
                self.label, "target_shape", "positive extents, at most one of them -1", target_shape
            )

    def check_input(self, shape: Shape) -> None:
        size, known = math.prod(shape), math.prod(extent for extent in self.target_shape if extent != -1)
        if (size % known if -1 in self.target_shape else size != known) or (size == 0 and known == 0):
            raise self.mistake(
                f"{size:,} numbers cannot take the shape {self.target_shape}",
                shape,
                expected=f"{known:,} numbers" if -1 not in self.target_shape else f"a multiple of {known:,} numbers",
                received=misfits.counted(size, "numbers", chain.recorded()),
                remedy=misfits.reshape_remedy(shape, self.target_shape),
            )

    def call(self, x: Node, context: CallContext) -> Node:
        known = math.prod(extent for extent in self.target_shape if extent != -1)
        rest = math.prod(x.shape) // known
        return primitives.reshape(x, tuple(rest if extent == -1 else extent for extent in self.target_shape))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "target_shape": self.target_shape}
