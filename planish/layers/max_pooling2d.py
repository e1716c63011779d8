"""The largest value of each window of an image."""

from __future__ import annotations

from typing import Unpack

from planish.layers.base.common_arguments import RegularizedOptions
from planish.layers.pooling import MaxPooling


class MaxPooling2D(MaxPooling):
    """Maximum over windows; the padding of 'same' never wins.

    `pool_size` and `strides`: (height, width) in pixels, or one number for both; `strides` is `pool_size` if None.
    `padding`: 'valid' leaves out windows that do not fit, 'same' pads. `data_format`: 'channels_last'
    [n, height, width, channels] or 'channels_first'. ValueError for images of another rank, or smaller than a window.

    The maximum of a window that holds NaN is NaN, as in JAX and PyTorch. TensorFlow passes over NaN on CPUs, and gives
    -3.4e38 for a window that holds nothing else; that hides a broken net.

    >>> keras.layers.MaxPooling2D((2, 2))(np.ones((1, 28, 28, 3))).shape
    (1, 14, 14, 3)
    >>> keras.layers.MaxPooling2D(2, strides=1, padding="same").compute_output_shape((None, 5, 5, 1))
    (None, 5, 5, 1)
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
