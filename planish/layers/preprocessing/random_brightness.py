"""Images that are lighter or darker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.draws import between
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import Augmentation, AugmentationOptions


class RandomBrightness(Augmentation):
    """In training, a number is added to all pixels of an image, which stay in `value_range`.

    As a share of that range it is drawn between the two numbers of `factor`; one number f stands for (-f, f).

    A layer with a `seed` draws the same at the same step in every run.

    >>> keras.layers.RandomBrightness(0.2)(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    def __init__(
        self,
        factor: float | tuple[float, float],
        value_range: tuple[float, float] = (0, 255),
        seed: int | None = None,
        **options: Unpack[AugmentationOptions],
    ) -> None:
        super().__init__(seed, **options)
        self.factor = augmentation.factor_range(self.label, "factor", factor, -1.0, 1.0, strict=False)
        self.value_range = augmentation.value_range(self.label, value_range)

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        (draw,) = drawn
        low, high = self.value_range
        more = primitives.multiply(between(draw, *self.factor), high - low)
        return augmentation.clipped(primitives.add(x, more), self.value_range)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}
