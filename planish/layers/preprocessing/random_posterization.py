"""Images of few shades."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.draws import between
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions

_PIXELS = (0.0, 255.0)
_BITS = 8


class RandomPosterization(Augmentation):
    """In training, only the first bits of pixels are kept, which have 8 of them in `value_range`.

    How many is drawn for each image, from the first number of `factor` to the one before the second; two equal numbers
    are that number, and one number f stands for (1, f). A layer with a `seed` draws the same at the same step in every
    run. `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.RandomPosterization((1, 1))(np.array([100.0, 200.0]).reshape(1, 2, 1, 1)).ravel().tolist()
    [0.0, 128.0]
    """

    def __init__(
        self,
        factor: int | tuple[int, int],
        value_range: tuple[float, float] = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.factor = self._bits(factor)
        self.value_range = augmentation.value_range(self.label, value_range)

    def _bits(self, factor: Any) -> tuple[int, int]:
        low, high = augmentation.factor_range(self.label, "factor", factor, 1.0, _BITS)
        low = 1.0 if not isinstance(factor, list | tuple) else low
        if not (low.is_integer() and high.is_integer()):
            raise arguments.wrong_argument(self.label, "factor", "whole numbers of bits, from 1 to 8", factor)
        return int(low), int(high)

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        low, high = self.factor
        # a draw below one may round up to the second number
        bits = primitives.minimum(primitives.floor(between(drawn[0], low, high)), float(max(high - 1, low)))
        steps = primitives.table(np.array([2 ** (_BITS - bits) for bits in range(_BITS + 1)], np.float32))
        step = primitives.reshape(primitives.take(steps, primitives.reshape(bits, (1,)), 0), ())
        pixels = augmentation.clipped(augmentation.moved_range(x, self.value_range, _PIXELS), _PIXELS)
        whole = primitives.floor(pixels)
        y = primitives.multiply(primitives.floor(primitives.divide(whole, step)), step)
        return augmentation.moved_range(y, _PIXELS, self.value_range)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}
