"""Images in other colors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.draws import between
from planish.layers.base.layer import Shape
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions
from planish.layers.preprocessing.colors import from_hsv, to_hsv


class RandomHue(Augmentation):
    """In training, the hue of all pixels of an image is turned, to either side.

    Half the number that is drawn between the two of `factor`, from 0 to 1, is the share of a whole turn; one number f
    stands for (0, f). Pixels are in `value_range`. A layer with a `seed` draws the same at the same step in every run.
    `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.RandomHue(0.2)(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    numbers_drawn = 2

    def __init__(
        self,
        factor: float | tuple[float, float],
        value_range: tuple[float, float] = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.factor = augmentation.factor_range(self.label, "factor", factor, 0.0, 1.0)
        self.value_range = augmentation.value_range(self.label, value_range)

    def check_map(self, shape: Shape) -> None:
        augmentation.require_colors(self, shape)

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        size, side = drawn
        turn = primitives.multiply(between(size, *self.factor), 0.5)
        turn = primitives.select(primitives.greater(side, 0.5), primitives.negative(turn), turn)
        hue, saturation, value = to_hsv(augmentation.moved_range(x, self.value_range, (0.0, 1.0)))
        hue = primitives.add(hue, turn)
        hue = primitives.subtract(hue, primitives.floor(hue))
        y = augmentation.clipped(from_hsv(hue, saturation, value), (0.0, 1.0))
        return augmentation.moved_range(y, (0.0, 1.0), self.value_range)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}
