"""A border of zeros."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base.common_arguments import LayerOptions
from planish.layers.zero_padding import ZeroPadding


class ZeroPadding2D(ZeroPadding):
    """`padding`: one number for all sides, (rows, columns) for two sides each, or ((top, bottom), (left, right)).

    `data_format`: 'channels_last' [n, height, width, channels] or 'channels_first'.

    >>> keras.layers.ZeroPadding2D(((1, 0), (2, 2)))(np.ones((1, 5, 5, 1))).shape
    (1, 6, 9, 1)
    """

    def __init__(self, padding: Any = (1, 1), data_format: str | None = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(padding, data_format, **options)
