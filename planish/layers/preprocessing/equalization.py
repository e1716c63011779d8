"""Images in which every brightness is about as frequent."""

from __future__ import annotations

import math
from typing import Any, Unpack

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.context import CallContext
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import BoxOptions, ImageLayer
from planish.primitives.take_grad import take_grad

_PIXELS = (0.0, 255.0)


class Equalization(ImageLayer):
    """In training, each channel of an image is changed so that its values are spread evenly over `value_range`.

    A value becomes the share of the pixels that are not brighter. `bins`: how many values are told apart.
    `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.Equalization()(np.array([7.0, 8.0, 9.0]).reshape(1, 3, 1, 1), training=True).ravel().tolist()
    [0.0, 128.0, 255.0]
    """

    if_untold = True

    def __init__(
        self,
        value_range: tuple[float, float] = (0, 255),
        bins: int = 256,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(data_format=data_format, **options)
        self.value_range = augmentation.value_range(self.label, value_range)
        self.bins = arguments.integer(self.label, "bins", bins, 2)

    def call(self, x: Node, context: CallContext) -> Node:
        return super().call(x, context) if context.training else x

    def changed(self, x: Node, context: CallContext) -> Node:
        return self.equalized(x)

    def equalized(self, x: Node) -> Node:
        """Maps (height, width, channels) whose values are spread evenly."""
        pixels = augmentation.moved_range(x, self.value_range, _PIXELS)
        channels, last = x.shape[2], float(self.bins - 1)
        starts = primitives.table(np.arange(channels, dtype=np.float32) * self.bins)

        def place(number: Node) -> Node:
            """The place of a value's bin among those of all channels."""
            within = primitives.trunc(primitives.minimum(primitives.maximum(number, 0.0), last))
            return primitives.add(within, starts)

        counted = place(primitives.divide(primitives.multiply(pixels, last), 255.0))
        size = math.prod(x.shape)
        ones, flat = primitives.broadcast_to(primitives.constant(1.0), (size,)), primitives.reshape(counted, (size,))
        counts = primitives.reshape(take_grad(ones, flat, 0, (channels * self.bins,)), (channels, self.bins))
        table = primitives.reshape(_new_values(counts), (channels * self.bins,))
        spread = primitives.take(table, place(primitives.multiply(primitives.divide(pixels, 255.0), last)), 0)
        different = primitives.reduce_sum(primitives.greater(counts, 0.0), (1,))
        y = augmentation.moved_range(spread, _PIXELS, self.value_range)
        return primitives.select(primitives.less_equal(different, 1.0), x, y)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "bins": self.bins, "value_range": self.value_range}


def _new_values(counts: Node) -> Node:
    """From the numbers of pixels in each bin (channels, bins), what its values become."""
    below = primitives.cumsum(counts, 1)
    found = primitives.select(primitives.greater(below, 0.0), below, float(2**24))
    least = primitives.reduce_min(found, (1,), keepdims=True)
    total = primitives.reduce_max(below, (1,), keepdims=True)
    divisor = primitives.maximum(primitives.subtract(total, least), 1.0)
    shares = primitives.divide(primitives.multiply(primitives.subtract(below, least), 255.0), divisor)
    return augmentation.clipped(primitives.rint(shares), _PIXELS)
