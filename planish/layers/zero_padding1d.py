"""Zeros around a sequence."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base.common_arguments import LayerOptions
from planish.layers.zero_padding import ZeroPadding


class ZeroPadding1D(ZeroPadding):
    """`padding`: one number of steps for both ends, or (before, after).

    `data_format`: 'channels_last' [n, steps, channels] or 'channels_first'.

    >>> keras.layers.ZeroPadding1D((2, 0))(np.ones((1, 5, 3))).shape
    (1, 7, 3)
    """

    rank = 1

    def __init__(self, padding: Any = 1, data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(padding, data_format, **options)
