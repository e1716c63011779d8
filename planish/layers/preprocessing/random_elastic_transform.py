"""Images that are distorted as if they were printed on rubber."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import draws
from planish.layers.base.context import CallContext
from planish.layers.base.draws import between
from planish.layers.base.image import from_channels_last, to_channels_last
from planish.layers.base.layer import Shape
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import BoxOptions
from planish.layers.preprocessing.warping import FILL_MODES, Move, Places, Warping, chained, warped

ALPHA, SIGMA = 0.1, 0.05
"""Of the larger and of the smaller extent: what distances are multiplied by, and how far they are alike."""


class RandomElasticTransform(Warping):
    """In training, each pixel is read a little beside its place, at distances that are alike for pixels side by side.

    `factor`: the probability; of two numbers, it is drawn between them for each image, and one number f stands for
    (0, f). `scale`, from 0 to 1: how strong it is, likewise. What comes in at the edges is said by `fill_mode`:
    'reflect', 'mirror', 'wrap', 'nearest' or 'constant' (`fill_value`); between pixels, by `interpolation`: 'bilinear'
    or 'nearest'. Pixels are kept in `value_range`. A layer with a `seed` draws the same at the same step in every run.
    `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.RandomElasticTransform()(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    numbers_drawn = 3
    fill_modes = (*FILL_MODES, "mirror")

    def __init__(
        self,
        factor: float | tuple[float, float] = 1.0,
        scale: float | tuple[float, float] = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: tuple[float, float] = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(fill_mode, fill_value, interpolation, seed, data_format, **options)
        self.factor = augmentation.factor_range(self.label, "factor", factor, 0.0, 1.0)
        self.scale = augmentation.factor_range(self.label, "scale", scale, 0.0, 1.0)
        self.value_range = augmentation.value_range(self.label, value_range)

    def call(self, x: Node, context: CallContext) -> Node:
        """A chain ends with this layer, since its distances are known at the places of pixels only."""
        if not context.training or not self.factor[1] or not self.scale[1]:
            return x
        maps = to_channels_last(x, self.data_format)
        rows, columns, _ = maps.shape
        numbers = draws.uniform(context, (self.numbers_drawn + 2 * rows * columns,), self.seed)
        drawn = primitives.unstack(primitives.slice_axis(numbers, 0, 0, self.numbers_drawn), 0)
        field = primitives.slice_axis(numbers, 0, self.numbers_drawn, numbers.shape[0])
        move = self.move(maps.shape, [*drawn, primitives.reshape(field, (2, rows, columns))])
        y = augmentation.clipped(warped(chained(context, x, maps, move, self.reading)), self.value_range)
        return from_channels_last(y, self.data_format)

    def move(self, shape: Shape, drawn: Sequence[Node]) -> Move:
        chance, draw, strength, field = drawn
        share = between(strength, *self.scale)
        sides = shape[:2]
        alpha = primitives.multiply(share, ALPHA * max(sides))
        sigma = primitives.multiply(share, SIGMA * min(sides))
        most = SIGMA * min(sides) * self.scale[1]
        far = primitives.select(augmentation.by_chance(draw, chance, self.factor), alpha, 0.0)
        down, along = (
            primitives.reshape(primitives.multiply(blurred(each, sigma, most), far), (math.prod(sides),))
            for each in _normal(field)
        )

        def move(places: Places) -> Places:
            return Places(primitives.add(places.x, along), primitives.add(places.y, down))

        return move

    def get_config(self) -> dict[str, Any]:
        own = {"factor": self.factor, "scale": self.scale, "value_range": self.value_range}
        return {**super().get_config(), **own}


def _normal(field: Node) -> tuple[Node, Node]:
    """Two maps of normally distributed numbers, from two of numbers in [0, 1) (Box and Muller, 1958)."""
    u, v = primitives.unstack(field, 0)
    radius = primitives.sqrt(primitives.multiply(primitives.log(primitives.subtract(1.0, u)), -2.0))
    angle = primitives.multiply(v, 2 * math.pi)
    return primitives.multiply(radius, primitives.cos(angle)), primitives.multiply(radius, primitives.sin(angle))


def blurred(numbers: Node, sigma: Node, most: float) -> Node:
    """`sigma` times a map whose pixels become means of those around them, with the weights of a normal distribution.

    These end at three times the whole number below `sigma`, which is not above `most`; what is outside of the map is
    zero.
    """
    rows, columns = (_means(extent, sigma, most) for extent in numbers.shape)
    return primitives.multiply(primitives.matmul(primitives.matmul(rows, numbers), columns), sigma)


def _means(extent: int, sigma: Node, most: float) -> Node:
    """A matrix [extent, extent] that takes the mean around each place."""
    places = np.arange(extent, dtype=np.float32)
    reach = 3 * int(most)
    weights = _weights(primitives.table(np.abs(places[:, None] - places)), sigma)
    total = primitives.reduce_sum(_weights(primitives.table(np.abs(np.arange(-reach, reach + 1.0))), sigma), (0,))
    return primitives.divide(weights, total)


def _weights(away: Node, sigma: Node) -> Node:
    within = primitives.less_equal(away, primitives.multiply(primitives.floor(sigma), 3.0))
    deviations = primitives.divide(away, primitives.maximum(sigma, 1e-6))
    return primitives.select(within, primitives.exp(primitives.multiply(primitives.square(deviations), -0.5)), 0.0)
