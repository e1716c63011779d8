"""A larger image."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.common_arguments import LayerOptions
from planish.layers.base.context import CallContext
from planish.layers.base.image import from_channels_last, to_channels_last
from planish.layers.up_sampling import UpSampling

_REPEATING = ("nearest", "area")  # the same where pixels are enlarged by whole numbers


class UpSampling2D(UpSampling):
    """`size` (rows, columns) times as many pixels, or one number for both.

    `interpolation`: 'nearest' repeats pixels, 'bilinear' passes from one to the next; 'bicubic', 'lanczos3' and
    'lanczos5' weigh more of them. `data_format`: 'channels_last' [n, height, width, channels] or 'channels_first'.

    >>> keras.layers.UpSampling2D((2, 3), interpolation="bilinear")(np.ones((1, 4, 4, 3))).shape
    (1, 8, 12, 3)
    """

    def __init__(
        self,
        size: int | tuple[int, int] = (2, 2),
        data_format: str | None = None,
        interpolation: str = "nearest",
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(size, data_format, **options)
        known = (*_REPEATING, "bilinear", "bicubic", "lanczos3", "lanczos5")
        self.interpolation = arguments.choice(self.label, "interpolation", interpolation, known)

    def call(self, x: Node, context: CallContext) -> Node:
        if self.interpolation in _REPEATING:
            return self.repeated(x)
        last = to_channels_last(x, self.data_format)
        enlarged = [extent * times for extent, times in zip(last.shape, self.sizes, strict=False)]
        return from_channels_last(primitives.resize2d(last, enlarged, self.interpolation), self.data_format)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "interpolation": self.interpolation}
