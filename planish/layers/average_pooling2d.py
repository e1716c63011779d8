"""The mean of each window of an image."""

from __future__ import annotations

from typing import Unpack

from planish.layers.base.common_arguments import RegularizedOptions
from planish.layers.pooling import AveragePooling


class AveragePooling2D(AveragePooling):
    """Mean over windows; the padding of 'same' is not counted.

    `pool_size` and `strides`: (height, width) in pixels, or one number for both; `strides` is `pool_size` if None.
    `padding`: 'valid' leaves out windows that do not fit, 'same' pads. `data_format`: 'channels_last'
    [n, height, width, channels] or 'channels_first'. ValueError for images of another rank, or smaller than a window.

    >>> keras.layers.AveragePooling2D((2, 2))(np.ones((1, 28, 28, 3))).shape
    (1, 14, 14, 3)
    """

    def __init__(
        self,
        pool_size: int | tuple[int, int] = (2, 2),
        strides: int | tuple[int, int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **options: Unpack[RegularizedOptions],
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **options)
