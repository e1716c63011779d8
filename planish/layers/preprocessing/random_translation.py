"""Images moved to the side, up or down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.draws import between
from planish.layers.base.layer import Shape
from planish.layers.preprocessing.augmentation import BoxOptions, factor_range
from planish.layers.preprocessing.warping import Move, Places, Warping

Factor = float | tuple[float, float]


class RandomTranslation(Warping):
    """In training, images are moved down by a share of their height and to the right by a share of their width.

    The shares are drawn between the two numbers of `height_factor` and of `width_factor`, of which each is between -1
    and 1; one number f stands for (-f, f). What comes in at the edges is said by `fill_mode`: 'reflect', 'wrap',
    'nearest' or 'constant' (`fill_value`); between pixels, by `interpolation`: 'bilinear' or 'nearest'. A layer with a
    `seed` draws the same at the same step in every run. `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.RandomTranslation(0.1, (0.0, 0.2))(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    numbers_drawn = 2

    def __init__(
        self,
        height_factor: Factor,
        width_factor: Factor,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: int | None = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(fill_mode, fill_value, interpolation, seed, data_format, **options)
        self.height_factor, self.width_factor = height_factor, width_factor
        self._down = factor_range(self.label, "height_factor", height_factor, -1.0, 1.0)
        self._along = factor_range(self.label, "width_factor", width_factor, -1.0, 1.0)

    def move(self, shape: Shape, drawn: Sequence[Node]) -> Move:
        down, along = drawn
        rows = primitives.multiply(between(down, *self._down), float(shape[0]))
        columns = primitives.multiply(between(along, *self._along), float(shape[1]))
        return lambda places: Places(primitives.subtract(places.x, columns), primitives.subtract(places.y, rows))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height_factor": self.height_factor, "width_factor": self.width_factor}
