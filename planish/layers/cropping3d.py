"""A volume without its outer parts."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base.common_arguments import LayerOptions
from planish.layers.cropping import Cropping


class Cropping3D(Cropping):
    """`cropping`: one number for all sides, (depth, rows, columns) for two sides each, or
    ((front, back), (top, bottom), (left, right)).

    `data_format`: 'channels_last' [n, depth, height, width, channels] or 'channels_first'. ValueError for volumes of
    which nothing would be left.

    >>> keras.layers.Cropping3D((1, 0, 2))(np.ones((1, 5, 5, 7, 1))).shape
    (1, 3, 5, 3, 1)
    """

    rank = 3

    def __init__(
        self, cropping: Any = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(cropping, data_format, **options)
