"""A larger volume."""

from __future__ import annotations

from typing import Unpack

from planish.layers.base.common_arguments import LayerOptions
from planish.layers.up_sampling import UpSampling


class UpSampling3D(UpSampling):
    """Each voxel `size` (depth, rows, columns) times along each axis; one number stands for all three.

    `data_format`: 'channels_last' [n, depth, height, width, channels] or 'channels_first'.

    >>> keras.layers.UpSampling3D((1, 2, 2))(np.ones((1, 3, 4, 4, 1))).shape
    (1, 3, 8, 8, 1)
    """

    rank = 3

    def __init__(
        self,
        size: int | tuple[int, int, int] = (2, 2, 2),
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(size, data_format, **options)
