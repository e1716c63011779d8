"""Images without their colors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.layer import Shape
from planish.layers.preprocessing.augmentation import Augmentation, BoxOptions
from planish.ops.images import rgb_to_grayscale


class RandomGrayscale(Augmentation):
    """In training, images lose their colors with probability `factor`: all three channels become the gray value.

    A layer with a `seed` draws the same at the same step in every run.

    `data_format`: 'channels_last' [n, height, width, channels] or 'channels_first'.

    >>> keras.layers.RandomGrayscale()(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    def __init__(
        self,
        factor: float = 0.5,
        data_format: str | None = None,
        seed: int | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, **options)
        self.factor = arguments.number(self.label, "factor", factor, 0.0)
        if self.factor > 1.0:
            raise arguments.wrong_argument(self.label, "factor", "a fraction, 0 <= factor <= 1", factor)

    def check_map(self, shape: Shape) -> None:
        if shape[2] not in (1, 3):
            raise self.mistake(
                "the images are neither in color nor gray", shape, expected="3 channels, or 1", received=f"{shape[2]}"
            )

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        (draw,) = drawn
        gray = rgb_to_grayscale(x, data_format="channels_last")
        return primitives.select(primitives.less(draw, self.factor), gray, x)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}
