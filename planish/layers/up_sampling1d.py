"""A longer sequence."""

from __future__ import annotations

from typing import Any, Unpack

from planish.layers.base.common_arguments import LayerOptions
from planish.layers.up_sampling import UpSampling


class UpSampling1D(UpSampling):
    """Each step `size` times: [n, steps, channels] -> [n, steps * size, channels].

    >>> print(keras.layers.UpSampling1D(2)(np.array([[[1.0], [2.0]]])).numpy().ravel())
    [1. 1. 2. 2.]
    """

    rank = 1

    def __init__(self, size: int = 2, **options: Unpack[LayerOptions]) -> None:
        super().__init__(size, "channels_last", **options)

    @property
    def size(self) -> int:
        """How many times each step is repeated."""
        return self.sizes[0]

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["data_format"]  # Keras's layer has none
        return config
