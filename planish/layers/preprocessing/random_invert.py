"""Images whose dark and bright change places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions


class RandomInvert(Augmentation):
    """In training, an image is inverted: each pixel is taken from the greatest value of `value_range`.

    `factor`: the probability; of two numbers, it is drawn between them for each image, and one number f stands for
    (0, f). A layer with a `seed` draws the same at the same step in every run.
    `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.RandomInvert()(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    numbers_drawn = 2

    def __init__(
        self,
        factor: float | tuple[float, float] = 1.0,
        value_range: tuple[float, float] = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.factor = augmentation.factor_range(self.label, "factor", factor, 0.0, 1.0)
        self.value_range = augmentation.value_range(self.label, value_range)

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        inverted = augmentation.by_chance(drawn[1], drawn[0], self.factor)
        return primitives.select(inverted, primitives.subtract(self.value_range[1], x), x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}
