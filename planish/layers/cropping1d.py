"""A sequence without its ends."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base.common_arguments import LayerOptions
from planish.layers.cropping import Cropping


class Cropping1D(Cropping):
    """`cropping`: one number of steps for both ends, or (before, after). [n, steps, channels].

    ValueError for sequences of which nothing would be left.

    >>> keras.layers.Cropping1D((2, 1))(np.ones((1, 9, 3))).shape
    (1, 6, 3)
    """

    rank = 1

    def __init__(self, cropping: Any = (1, 1), **options: Unpack[LayerOptions]) -> None:
        super().__init__(cropping, "channels_last", **options)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["data_format"]  # Keras's layer has none
        return config
