"""The largest value of each channel of a sequence."""

from __future__ import annotations

from planish.layers.global_pooling import GlobalMaxPooling


class GlobalMaxPooling1D(GlobalMaxPooling):
    """Maximum over all steps of a sequence: [steps, channels] -> [channels].

    >>> keras.layers.GlobalMaxPooling1D(keepdims=True)(np.ones((1, 9, 3))).shape
    (1, 1, 3)
    """

    rank = 1
