"""The largest value of each of so many windows of an image."""

from __future__ import annotations

from typing import Unpack

from planish.layers.adaptive_pooling import AdaptiveMaxPooling
from planish.layers.base.common_arguments import LayerOptions


class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """The largest value of each window, of which there are as many for an image of any size.

    `output_size`: (rows, columns) of the result, or one number for both. `data_format`: 'channels_last'
    [n, height, width, channels] or 'channels_first'.

    >>> keras.layers.AdaptiveMaxPooling2D((7, 5))(np.ones((1, 24, 24, 3))).shape
    (1, 7, 5, 3)
    """

    def __init__(
        self, output_size: int | tuple[int, int], data_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(output_size, data_format, **options)
