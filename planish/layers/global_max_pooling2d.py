"""The largest value of each channel of an image."""

from __future__ import annotations

from planish.layers.global_pooling import GlobalMaxPooling


class GlobalMaxPooling2D(GlobalMaxPooling):
    """Maximum over all pixels of an image: [height, width, channels] -> [channels].

    >>> keras.layers.GlobalMaxPooling2D(keepdims=True)(np.ones((1, 4, 4, 3))).shape
    (1, 1, 1, 3)
    """
