"""Images changed by some of many layers, which are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.layer import Shape
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions
from planish.layers.preprocessing.drawn_ways import DrawnWays


class RandAugment(Augmentation):
    """In training, an image is changed `num_ops` times, each time in one of eleven ways, which is drawn (Cubuk et al.,
    2019).

    The ways are those of RandomShear, RandomTranslation, RandomRotation, RandomBrightness, RandomColorDegeneration,
    RandomContrast, RandomSharpness, RandomPosterization, Solarization, AutoContrast and Equalization. `factor`: how
    strong they are, from 0 to 1; one number f stands for (0, f). Pixels are in `value_range`. `interpolation`:
    'bilinear' or 'nearest'. A layer with a `seed` draws the same at the same step in every run. `data_format`:
    'channels_last' or 'channels_first'.

    >>> keras.layers.RandAugment()(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    def __init__(
        self,
        value_range: tuple[float, float] = (0, 255),
        num_ops: int = 2,
        factor: float | tuple[float, float] = 0.5,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.value_range = pixels = augmentation.value_range(self.label, value_range)
        self.num_ops = arguments.integer(self.label, "num_ops", num_ops)
        self.factor = share = augmentation.factor_range(self.label, "factor", factor, 0.0, 1.0)
        self._ways = DrawnWays(share, pixels, interpolation)
        self.interpolation = self._ways.interpolation
        self.numbers_drawn = self.num_ops * self._ways.numbers_drawn

    def check_map(self, shape: Shape) -> None:
        augmentation.require_colors(self, shape)
        self._ways.check_map(shape)

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        each = self._ways.numbers_drawn
        for number in range(self.num_ops):
            x = self._ways.changed(x, drawn[number * each : (number + 1) * each])
        return x

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "value_range": self.value_range,
            "num_ops": self.num_ops,
            "factor": self.factor,
            "interpolation": self.interpolation,
        }
