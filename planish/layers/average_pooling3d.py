"""The mean of each window of a volume."""

from __future__ import annotations

from planish.layers.pooling import AveragePooling
from planish.layers.volume_pooling import VolumePooling


class AveragePooling3D(VolumePooling, AveragePooling):
    """Mean over windows of voxels; the padding of 'same' is not counted.

    `pool_size` and `strides`: (depth, height, width) in voxels, or one number for all three; `strides` is
    `pool_size` if None. `padding`: 'valid' leaves out windows that do not fit, 'same' pads. `data_format`:
    'channels_last' [n, depth, height, width, channels] or 'channels_first'. ValueError for volumes of another rank, or
    smaller than a window.

    >>> keras.layers.AveragePooling3D(2)(np.ones((1, 8, 6, 4, 3))).shape
    (1, 4, 3, 2, 3)
    """
