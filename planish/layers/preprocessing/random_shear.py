"""Images whose rows and columns are slanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.draws import between
from planish.layers.base.layer import Shape
from planish.layers.preprocessing.augmentation import BoxOptions, factor_range
from planish.layers.preprocessing.warping import Move, Warping, matrix

Factor = float | tuple[float, float]


class RandomShear(Warping):
    """In training, each row is moved by a multiple of its number, and each column likewise, to either side.

    The multiples are drawn between the two numbers of `x_factor` for rows and of `y_factor` for columns, from 0 to 1;
    one number f stands for (-f, f). For every other image, by chance, both change their signs. What comes in at the
    edges is said by `fill_mode`: 'reflect', 'wrap', 'nearest' or 'constant' (`fill_value`); between pixels, by
    `interpolation`: 'bilinear' or 'nearest'. A layer with a `seed` draws the same at the same step in every run.
    `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.RandomShear(0.1, 0.2)(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    numbers_drawn = 3

    def __init__(
        self,
        x_factor: Factor = 0.0,
        y_factor: Factor = 0.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        data_format: str | None = None,
        seed: int | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(fill_mode, fill_value, interpolation, seed, data_format, **options)
        self.x_factor = self._range("x_factor", x_factor)
        self.y_factor = self._range("y_factor", y_factor)

    def _range(self, name: str, factor: Any) -> tuple[float, float]:
        """Keras writes (-f, f) into files for one number f, which it does not read again."""
        if isinstance(factor, list | tuple) and len(factor) == 2 and factor[0] == -factor[1]:
            factor = factor[1]
        if isinstance(factor, list | tuple):
            return factor_range(self.label, name, factor, 0.0, 1.0)
        _, high = factor_range(self.label, name, factor, 0.0, 1.0)
        return -high, high

    def move(self, shape: Shape, drawn: Sequence[Node]) -> Move:
        side, x, y = drawn
        sign = primitives.select(primitives.greater(side, 0.5), -1.0, 1.0)
        along, down = (
            primitives.multiply(between(draw, *factor), sign)
            for draw, factor in ((x, self.x_factor), (y, self.y_factor))
        )
        one = primitives.constant(1.0)
        return matrix(one, along, down, one, (0.0, 0.0))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "x_factor": _written(self.x_factor), "y_factor": _written(self.y_factor)}


def _written(factor: tuple[float, float]) -> Factor:
    """As one number, where that stands for both: Keras reads no pair with a number below zero."""
    return factor[1] if factor[0] == -factor[1] else factor
