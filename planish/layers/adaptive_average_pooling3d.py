"""The mean of each of so many windows of a volume."""

from __future__ import annotations

from typing import Unpack

from planish.layers.adaptive_pooling import AdaptiveAveragePooling
from planish.layers.base.common_arguments import LayerOptions


class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """The mean of each window, of which there are as many for a volume of any size.

    `output_size`: (depth, rows, columns) of the result, or one number for all. `data_format`: 'channels_last'
    [n, depth, height, width, channels] or 'channels_first'.

    >>> keras.layers.AdaptiveAveragePooling3D(2)(np.ones((1, 5, 6, 7, 1))).shape
    (1, 2, 2, 2, 1)
    """

    rank = 3

    def __init__(
        self, output_size: int | tuple[int, int, int], data_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(output_size, data_format, **options)
