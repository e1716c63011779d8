"""Images with more or less contrast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.draws import between
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import Augmentation, AugmentationOptions


class RandomContrast(Augmentation):
    """In training, `(x - mean) * c + mean` with the mean of each channel of each image, kept in `value_range`.

    c is drawn between `1 - lower` and `1 + upper`, where `factor` is (lower, upper), or one number for both.

    A layer with a `seed` draws the same at the same step in every run.

    >>> keras.layers.RandomContrast(0.2)(np.ones((1, 4, 4, 3)), training=True).shape
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
        low, high = augmentation.factor_range(self.label, "factor", factor, 0.0, 1.0, strict=False)
        self.factor = (low, high) if isinstance(factor, list | tuple) else (high, high)
        self.value_range = augmentation.value_range(self.label, value_range)

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        (draw,) = drawn
        mean = primitives.reduce_mean(x, (0, 1), keepdims=True)
        contrast = between(draw, 1.0 - self.factor[0], 1.0 + self.factor[1])
        stretched = primitives.multiply(primitives.subtract(x, mean), contrast)
        return augmentation.clipped(primitives.add(stretched, mean), self.value_range)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}
