"""What layers share that drop values in training: the rate, and which values are dropped together."""

from __future__ import annotations

from typing import Any

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Shape
from planish.layers.base.random_layer import RandomLayer


class DroppingLayer(RandomLayer):
    """Base of Dropout and the like. `noise_shape` (with the batch axis, which must be None) has 1 on the axes that
    share one draw."""

    def __init__(self, rate: float, noise_shape: Any, seed: int | None, **options: Any) -> None:
        super().__init__(seed, **options)
        self.rate = arguments.fraction(self.label, "rate", rate)
        self.noise_shape = None if noise_shape is None else self._checked_noise_shape(noise_shape)

    def _checked_noise_shape(self, noise_shape: Any) -> tuple[int | None, ...]:
        expected = "None first (every image has its own draws), then None or a positive integer for every other axis"
        if not isinstance(noise_shape, (list, tuple)) or not noise_shape or noise_shape[0] is not None:
            raise arguments.wrong_argument(self.label, "noise_shape", expected, noise_shape)
        return tuple(
            None if extent is None else arguments.integer(self.label, "noise_shape", extent) for extent in noise_shape
        )

    def check_input(self, shape: Shape) -> None:
        if self.noise_shape is not None and not self._noise_fits(shape):
            raise self.mistake(
                "noise_shape does not fit the input",
                shape,
                expected=f"{(None, *shape)}, or 1 where numbers are dropped together",
                received=self.noise_shape,
                remedy=f"noise_shape={(None, *(None for _ in shape))}",
            )

    def _noise_fits(self, shape: Shape) -> bool:
        noise = (self.noise_shape or ())[1:]
        return len(noise) == len(shape) and all(
            extent in (None, 1, size) for extent, size in zip(noise, shape, strict=True)
        )

    def draw_shape(self, shape: Shape) -> Shape:
        """The shape of the draws for an image of the shape: 1 along axes that share a draw."""
        noise = (self.noise_shape or (None, *(None for _ in shape)))[1:]
        return tuple(size if extent is None else extent for extent, size in zip(noise, shape, strict=True))

    def kept(self, x: Node, context: CallContext) -> Node:
        """1 where a value stays, which is as likely as 1 - rate, and 0 where it is dropped."""
        return primitives.greater_equal(self.uniform(self.draw_shape(x.shape), context), self.rate)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}
