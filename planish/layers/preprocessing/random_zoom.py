"""Images enlarged or made smaller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.draws import between
from planish.layers.base.layer import Shape
from planish.layers.preprocessing.augmentation import BoxOptions, Range, factor_range
from planish.layers.preprocessing.warping import Move, Warping, matrix

Factor = float | tuple[float, float]


class RandomZoom(Warping):
    """In training, images show more of what is around them (factors above zero) or less (below zero).

    The share by which their height changes is drawn between the two numbers of `height_factor`, above -1 and up to 1;
    one number f stands for (-f, f). The width changes by the same share, or as `width_factor` says. What comes in at
    the edges is said by `fill_mode`: 'reflect', 'wrap', 'nearest' or 'constant' (`fill_value`); between pixels, by
    `interpolation`: 'bilinear' or 'nearest'. A layer with a `seed` draws the same at the same step in every run.
    `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.RandomZoom(0.1)(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    numbers_drawn = 2

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor | None = None,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(fill_mode, fill_value, interpolation, seed, data_format, **options)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._down = self._range("height_factor", height_factor)
        self._along = None if width_factor is None else self._range("width_factor", width_factor)

    def _range(self, name: str, factor: Any) -> Range:
        low, high = factor_range(self.label, name, factor, -1.0, 1.0)
        if low <= -1.0:
            raise arguments.wrong_argument(self.label, name, "numbers above -1: at -1 nothing is left", factor)
        return low, high

    def move(self, shape: Shape, drawn: Sequence[Node]) -> Move:
        first, second = drawn
        down = _scale(first, self._down)
        along = down if self._along is None else _scale(second, self._along)
        none = primitives.constant(0.0)
        return matrix(along, none, none, down, ((shape[1] - 1) / 2, (shape[0] - 1) / 2))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height_factor": self.height_factor, "width_factor": self.width_factor}


def _scale(draw: Node, factor: Range) -> Node:
    return between(draw, 1.0 + factor[0], 1.0 + factor[1])
