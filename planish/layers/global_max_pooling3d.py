"""The largest value of each channel of a volume."""

from __future__ import annotations

from planish.layers.global_pooling import GlobalMaxPooling


class GlobalMaxPooling3D(GlobalMaxPooling):
    """Maximum over all voxels of a volume: [depth, height, width, channels] -> [channels].

    >>> keras.layers.GlobalMaxPooling3D(keepdims=True)(np.ones((1, 8, 6, 4, 3))).shape
    (1, 1, 1, 1, 3)
    """

    rank = 3
