"""Blurred images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.draws import between
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions, Range


class RandomGaussianBlur(Augmentation):
    """In training, an image is blurred: each pixel becomes a mean of those around it, kept in `value_range`.

    `factor`: the probability; of two numbers, it is drawn between them for each image, and one number f stands for
    (0, f). `kernel_size`: rows and columns of the mean, odd numbers. `sigma`: their weights are those of a normal
    distribution with a deviation that is drawn between two numbers from 0 to 1; one number s stands for (0, s). A layer
    with a `seed` draws the same at the same step in every run. `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.RandomGaussianBlur()(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    numbers_drawn = 4

    def __init__(
        self,
        factor: float | tuple[float, float] = 1.0,
        kernel_size: int | tuple[int, int] = 3,
        sigma: float | tuple[float, float] = 1.0,
        value_range: tuple[float, float] = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.factor = augmentation.factor_range(self.label, "factor", factor, 0.0, 1.0)
        self.kernel_size = self._odd(kernel_size)
        self.sigma = augmentation.factor_range(self.label, "sigma", sigma, 0.0, 1.0)
        self.value_range = augmentation.value_range(self.label, value_range)

    def _odd(self, kernel_size: Any) -> tuple[int, int]:
        sizes = arguments.pair(self.label, "kernel_size", kernel_size)
        if not all(size % 2 for size in sizes):
            odd = tuple(size | 1 for size in sizes)
            remedy = f"kernel_size={odd[0] if odd[0] == odd[1] else odd}"
            expected = "an odd number, or two of them"
            raise arguments.wrong_argument(self.label, "kernel_size", expected, kernel_size, remedy)
        return sizes

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        y = x
        for axis, (size, draw) in enumerate(zip(self.kernel_size, drawn[2:], strict=True)):
            y = _mean(y, axis, _weights(size, draw, self.sigma))
        blurred = primitives.select(augmentation.by_chance(drawn[1], drawn[0], self.factor), y, x)
        return augmentation.clipped(blurred, self.value_range)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "factor": self.factor,
            "kernel_size": self.kernel_size,
            "sigma": self.sigma,
            "value_range": self.value_range,
        }


def _weights(size: int, draw: Node, sigma: Range) -> list[Node]:
    """Those of so many neighbours in a row."""
    deviation = primitives.add(between(draw, *sigma), 1e-6)
    away = primitives.divide(primitives.table(np.arange(size, dtype=np.float32) - size // 2), deviation)
    weights = primitives.exp(primitives.multiply(primitives.square(away), -0.5))
    return primitives.unstack(primitives.divide(weights, primitives.reduce_sum(weights, (0,))), 0)


def _mean(x: Node, axis: int, weights: Sequence[Node]) -> Node:
    """The weighted mean of neighbours along an axis of space; what is outside of the image is zero."""
    border, extent = len(weights) // 2, x.shape[axis]
    padded = primitives.pad2d(x, [(border, border) if place == axis else (0, 0) for place in range(2)])
    terms = [
        primitives.multiply(primitives.slice_axis(padded, axis, start, start + extent), weight)
        for start, weight in enumerate(weights)
    ]
    total = terms[0]
    for term in terms[1:]:
        total = primitives.add(total, term)
    return total
