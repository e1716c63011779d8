"""The mean of each channel of an image."""

from __future__ import annotations

from planish.layers.global_pooling import GlobalAveragePooling


class GlobalAveragePooling2D(GlobalAveragePooling):
    """Mean over all pixels of an image: [height, width, channels] -> [channels].

    >>> keras.layers.GlobalAveragePooling2D()(np.ones((1, 4, 4, 3))).shape
    (1, 3)
    """
