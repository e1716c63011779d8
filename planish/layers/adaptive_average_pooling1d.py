"""The mean of each of so many windows of a sequence."""

from __future__ import annotations

from typing import Unpack

from planish.layers.adaptive_pooling import AdaptiveAveragePooling
from planish.layers.base.common_arguments import LayerOptions


class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """The mean of each window, of which there are as many for a sequence of any size.

    `output_size`: how many windows. `data_format`: 'channels_last'
    [n, steps, channels] or 'channels_first'.

    >>> keras.layers.AdaptiveAveragePooling1D(7)(np.ones((1, 24, 3))).shape
    (1, 7, 3)
    """

    rank = 1

    def __init__(
        self, output_size: int | tuple[int], data_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(output_size, data_format, **options)
