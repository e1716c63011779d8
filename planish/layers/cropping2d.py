"""An image without its edges."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base.common_arguments import LayerOptions
from planish.layers.cropping import Cropping


class Cropping2D(Cropping):
    """`cropping`: one number for all sides, (rows, columns) for two sides each, or ((top, bottom), (left, right)).

    `data_format`: 'channels_last' [n, height, width, channels] or 'channels_first'. ValueError for images of which
    nothing would be left.

    >>> keras.layers.Cropping2D(((1, 0), (2, 2)))(np.ones((1, 5, 7, 1))).shape
    (1, 4, 3, 1)
    """

    def __init__(
        self, cropping: Any = ((0, 0), (0, 0)), data_format: str | None = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(cropping, data_format, **options)
