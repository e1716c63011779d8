"""Images with a rectangle that is covered."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np

from planish import primitives
from planish.graph.node import Node, dtype_of_numbers
from planish.layers.base import arguments, draws
from planish.layers.base.context import CallContext
from planish.layers.base.draws import between
from planish.layers.base.layer import Shape
from planish.layers.preprocessing import augmentation, bands
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions

Numbers = float | tuple[float, float]


class RandomErasing(Augmentation):
    """In training, a rectangle of an image is covered.

    `factor`: the probability; of two numbers, it is drawn between them for each image, and one number f stands for
    (0, f). `scale`: the square of the share of the width that the rectangle takes, and likewise of the height, between
    two numbers from 0 to 1. `fill_value`: a number, or one for each of three channels; None: normally distributed
    numbers, times the greatest value of `value_range`. Both are kept within that range. A layer with a `seed` draws the
    same at the same step in every run. `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.RandomErasing(fill_value=0)(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    numbers_drawn = 6

    def __init__(
        self,
        factor: Numbers = 1.0,
        scale: Numbers = (0.02, 0.33),
        fill_value: float | tuple[float, float, float] | None = None,
        value_range: tuple[float, float] = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.factor = augmentation.factor_range(self.label, "factor", factor, 0.0, 1.0)
        self.scale = augmentation.factor_range(self.label, "scale", scale, 0.0, 1.0)
        self.fill_value = self._checked_fill(fill_value)
        self.value_range = augmentation.value_range(self.label, value_range)

    def _checked_fill(self, value: Any) -> float | list[float] | None:
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            return arguments.number(self.label, "fill_value", value)
        if len(value) != 3:
            raise arguments.wrong_argument(self.label, "fill_value", "a number, three of them, or None", value)
        return [arguments.number(self.label, "fill_value", each) for each in value]

    def check_map(self, shape: Shape) -> None:
        if isinstance(self.fill_value, list) and shape[2] != 3:
            raise self.mistake(
                "fill_value has numbers for three channels",
                shape,
                expected="images with 3 channels",
                received=f"{shape[2]}",
                remedy="fill_value=0.0, one number for all channels",
            )

    def changed(self, x: Node, context: CallContext) -> Node:
        drawn, fill = self._draws(x.shape, context)
        width, left, height, top = drawn[:4]
        shares = tuple(primitives.sqrt(between(size, *self.scale)) for size in (height, width))
        covered = bands.box((shares[0], shares[1]), (top, left), x.shape)
        covered = primitives.logical_and(covered, augmentation.by_chance(drawn[5], drawn[4], self.factor))
        fill = augmentation.clipped(fill, self.value_range)
        return primitives.select(covered, fill, x)

    def _draws(self, shape: Shape, context: CallContext) -> tuple[list[Node], Node]:
        """The numbers that say where, and what covers it. All are drawn at once, as each layer draws once."""
        if self.fill_value is not None:
            return self.draws(context), primitives.table(np.asarray(self.fill_value, dtype_of_numbers()))
        noise = math.prod(shape)
        together = draws.uniform(context, (self.numbers_drawn + 2 * noise,), self.seed)
        first = self.numbers_drawn
        where = primitives.unstack(primitives.slice_axis(together, 0, 0, first), 0)
        halves = [primitives.slice_axis(together, 0, start, start + noise) for start in (first, first + noise)]
        scaled = primitives.multiply(_normal(*halves), self.value_range[1])
        return where, primitives.reshape(scaled, shape)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "factor": self.factor,
            "scale": self.scale,
            "fill_value": self.fill_value,
            "value_range": self.value_range,
        }


def _normal(first: Node, second: Node) -> Node:
    """Normally distributed numbers of even ones, by Box and Muller."""
    radius = primitives.sqrt(primitives.multiply(primitives.log(primitives.subtract(1.0, first)), -2.0))
    return primitives.multiply(radius, primitives.cos(primitives.multiply(second, 2 * math.pi)))
