"""The mean of each channel of a sequence."""

from __future__ import annotations

from planish.layers.global_pooling import GlobalAveragePooling


class GlobalAveragePooling1D(GlobalAveragePooling):
    """Mean over all steps of a sequence: [steps, channels] -> [channels].

    >>> keras.layers.GlobalAveragePooling1D()(np.ones((1, 9, 3))).shape
    (1, 3)
    """

    rank = 1
