"""Random zeros, in training only."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers import arguments
from planish.layers.common_arguments import LayerOptions
from planish.layers.context import CallContext
from planish.layers.layer import Layer, Shape

MOST_SEED = 2**31 - 1


class Dropout(Layer):
    """In training, each value becomes zero with probability `rate`, and is divided by `1 - rate` otherwise.

    `noise_shape` (with the batch axis, which must be None) has 1 on the axes that share one draw. A layer with a `seed`
    draws the same zeros at the same step in every run, and so does another layer with that seed.

    >>> print(keras.layers.Dropout(0.5)(np.ones((1, 4))))
    [[1. 1. 1. 1.]]
    """

    always_built = True

    def __init__(
        self, rate: float, noise_shape: Any = None, seed: int | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**options)
        self.rate = arguments.number(self.label, "rate", rate, 0.0)
        if self.rate > 1.0:
            raise arguments.wrong_argument(self.label, "rate", "a fraction, 0 <= rate <= 1", rate)
        self.seed = None if seed is None else arguments.integer(self.label, "seed", seed, 0)
        if self.seed is not None and self.seed > MOST_SEED:
            raise arguments.wrong_argument(self.label, "seed", f"0 to {MOST_SEED}", seed)
        self.noise_shape = None if noise_shape is None else self._checked_noise_shape(noise_shape)

    def _checked_noise_shape(self, noise_shape: Any) -> tuple[int | None, ...]:
        expected = "None first (every image has its own draws), then None or a positive integer for every other axis"
        if isinstance(noise_shape, int) or not noise_shape or noise_shape[0] is not None:
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

    def call(self, x: Node, context: CallContext) -> Node:
        if not context.training or self.rate == 0.0:
            return x
        if self.rate == 1.0:
            return primitives.multiply(x, 0.0)
        noise = (self.noise_shape or (None, *(None for _ in x.shape)))[1:]
        shape = tuple(size if extent is None else extent for extent, size in zip(noise, x.shape, strict=True))
        if self.seed is None:
            draws = primitives.random_uniform(context.seed, shape, context.stream())
        else:
            draws = primitives.random_uniform(context.iteration, shape, self.seed)
        kept = primitives.greater_equal(draws, self.rate)
        return primitives.multiply(x, primitives.multiply(kept, 1.0 / (1.0 - self.rate)))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed, "noise_shape": self.noise_shape}
