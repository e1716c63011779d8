"""The largest value of each window of a sequence."""

from __future__ import annotations

from typing import Unpack

from planish.layers.base.common_arguments import RegularizedOptions
from planish.layers.pooling import MaxPooling


class MaxPooling1D(MaxPooling):
    """Maximum over windows of steps; the padding of 'same' never wins, and NaN does.

    `pool_size` and `strides`: numbers of steps; `strides` is `pool_size` if None. `padding`: 'valid' leaves out windows
    that do not fit, 'same' pads. `data_format`: 'channels_last' [n, steps, channels] or 'channels_first'. ValueError
    for sequences of another rank, or shorter than a window.

    >>> keras.layers.MaxPooling1D(2)(np.ones((1, 28, 3))).shape
    (1, 14, 3)
    """

    rank = 1

    def __init__(
        self,
        pool_size: int | tuple[int] = 2,
        strides: int | tuple[int] | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **options: Unpack[RegularizedOptions],
    ) -> None:
        super().__init__(pool_size, strides, padding, data_format, name, **options)
