"""Images that are sharper or more blurred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.draws import between
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions


class RandomSharpness(Augmentation):
    """In training, an image is mixed with what a blur makes of it, and kept in `value_range`.

    Twice the number that is drawn between the two of `factor`, from 0 to 1, says how: 0 is blurred, 1 is the image as
    it is, 2 is sharper; one number f stands for (0, f). A layer with a `seed` draws the same at the same step in every
    run. `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.RandomSharpness(0.5)(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

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

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        sharpness = primitives.multiply(between(drawn[0], *self.factor), 2.0)
        blurred = primitives.divide(primitives.add(_sums(x), primitives.multiply(x, 4.0)), 13.0)
        more = primitives.multiply(primitives.subtract(1.0, sharpness), primitives.subtract(blurred, x))
        return augmentation.clipped(primitives.add(x, more), self.value_range)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor, "value_range": self.value_range}


def _sums(x: Node) -> Node:
    """For each pixel the sum of 3 x 3; what is outside of the image is zero."""
    padded = primitives.pad2d(x, ((1, 1), (1, 1)))
    for axis, extent in enumerate(x.shape[:2]):
        low, middle, high = (primitives.slice_axis(padded, axis, start, start + extent) for start in range(3))
        padded = primitives.add(primitives.add(low, middle), high)
    return padded
