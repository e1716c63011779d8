"""Another order of the axes."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Layer, Shape


class Permute(Layer):
    """Axis i of the result is axis `dims[i]` of the input. Axes are counted from 1; the batch axis stays first.

    >>> keras.layers.Permute((3, 1, 2))(np.ones((1, 28, 24, 3))).shape
    (1, 3, 28, 24)
    """

    def __init__(self, dims: Any, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.dims = tuple(dims) if not isinstance(dims, int) else (dims,)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise arguments.wrong_argument(
                self.label, "dims", "each axis once, counted from 1, such as (3, 1, 2)", dims
            )

    def check_input(self, shape: Shape) -> None:
        if len(shape) != len(self.dims):
            raise self.mistake(
                f"dims={self.dims} is not an order of the input's axes",
                shape,
                expected=f"rank {len(self.dims) + 1}",
                received=f"rank {len(shape) + 1}",
                remedy=f"dims={tuple(range(1, len(shape) + 1))} in the order that you want",
            )

    def call(self, x: Node, context: CallContext) -> Node:
        return primitives.transpose(x, tuple(axis - 1 for axis in self.dims))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "dims": self.dims}
