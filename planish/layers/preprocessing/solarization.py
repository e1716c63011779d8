"""Images whose bright pixels are inverted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.draws import between
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import Augmentation, AugmentationOptions, Range

_PIXELS = (0.0, 255.0)
Factor = float | tuple[float, float]


class Solarization(Augmentation):
    """In training, a number is added to all pixels of an image, and those above a threshold are inverted.

    Both are shares of `value_range`, drawn between the two numbers of `addition_factor` and of `threshold_factor`; one
    number f, from 0 to 1, stands for (0, f). Without them everything is inverted. A layer with a `seed` draws the same
    at the same step in every run.

    >>> keras.layers.Solarization()(np.full((1, 1, 1, 1), 55.0), training=True).item()
    200.0
    """

    numbers_drawn = 2

    def __init__(
        self,
        addition_factor: Factor = 0.0,
        threshold_factor: Factor = 0.0,
        value_range: tuple[float, float] = (0, 255),
        seed: int | None = None,
        **options: Unpack[AugmentationOptions],
    ) -> None:
        super().__init__(seed, **options)
        self.addition_factor = self._share("addition_factor", addition_factor)
        self.threshold_factor = self._share("threshold_factor", threshold_factor)
        self.value_range = augmentation.value_range(self.label, value_range)

    def _share(self, name: str, factor: Any) -> Range:
        return augmentation.factor_range(self.label, name, factor, 0.0, 1.0)

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        addition, threshold = (
            primitives.multiply(between(draw, *factor), 255.0)
            for draw, factor in zip(drawn, (self.addition_factor, self.threshold_factor), strict=True)
        )
        pixels = augmentation.moved_range(x, self.value_range, _PIXELS)
        pixels = augmentation.clipped(primitives.add(pixels, addition), _PIXELS)
        y = primitives.select(primitives.less(pixels, threshold), pixels, primitives.subtract(255.0, pixels))
        return augmentation.moved_range(y, _PIXELS, self.value_range)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "value_range": self.value_range,
            "addition_factor": self.addition_factor,
            "threshold_factor": self.threshold_factor,
        }
