"""Images turned around their middle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.draws import between
from planish.layers.base.layer import Shape
from planish.layers.preprocessing.augmentation import BoxOptions, factor_range
from planish.layers.preprocessing.warping import Move, Warping, matrix


class RandomRotation(Warping):
    """In training, images are turned counterclockwise by a share of a whole turn.

    It is drawn between the two numbers of `factor`; one number f stands for (-f, f). What comes in at the edges is said
    by `fill_mode`: 'reflect', 'wrap', 'nearest' or 'constant' (`fill_value`); between pixels, by `interpolation`:
    'bilinear' or 'nearest'. A layer with a `seed` draws the same at the same step in every run. `data_format`:
    'channels_last' or 'channels_first'.

    >>> keras.layers.RandomRotation(0.1)(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    def __init__(
        self,
        factor: float | tuple[float, float],
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(fill_mode, fill_value, interpolation, seed, data_format, **options)
        self.factor = factor_range(self.label, "factor", factor, -1.0, 1.0, strict=False, remedy=_in_degrees)

    def move(self, shape: Shape, drawn: Sequence[Node]) -> Move:
        (draw,) = drawn
        angle = primitives.multiply(between(draw, *self.factor), 2 * math.pi)
        sine, cosine = primitives.sin(angle), primitives.cos(angle)
        centre = (shape[1] - 1) / 2, (shape[0] - 1) / 2
        return matrix(cosine, primitives.negative(sine), sine, cosine, centre)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


def _in_degrees(factor: float) -> str:
    return f"{factor:g} / 360, for degrees"
