"""The mean of each channel of a volume."""

from __future__ import annotations

from planish.layers.global_pooling import GlobalAveragePooling


class GlobalAveragePooling3D(GlobalAveragePooling):
    """Mean over all voxels of a volume: [depth, height, width, channels] -> [channels].

    >>> keras.layers.GlobalAveragePooling3D(keepdims=True)(np.ones((1, 8, 6, 4, 3))).shape
    (1, 1, 1, 1, 3)
    """

    rank = 3
