"""A part of images, from a place that is drawn."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.context import CallContext
from planish.layers.preprocessing.augmentation import Augmentation, UnnamedBoxOptions
from planish.layers.preprocessing.center_crop import fitted


class RandomCrop(Augmentation):
    """In training, `height` rows and `width` columns of the images, from a place that is drawn for each batch.

    At inference, and of images that are not larger, it is the largest part of the middle that has the same form, in
    that size. `seed`, `data_format` and `name` are those of every layer that changes images at random.

    >>> keras.layers.RandomCrop(2, 3)(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 2, 3, 3)
    """

    numbers_drawn = 2

    def __init__(
        self,
        height: int,
        width: int,
        seed: int | None = None,
        data_format: str | None = None,
        name: str | None = None,
        **options: Unpack[UnnamedBoxOptions],
    ) -> None:
        super().__init__(seed, data_format=data_format, name=name, **options)
        self.height = arguments.integer(self.label, "height", height)
        self.width = arguments.integer(self.label, "width", width)

    def call(self, x: Node, context: CallContext) -> Node:
        return super(Augmentation, self).call(x, context)

    def changed(self, x: Node, context: CallContext) -> Node:
        size = (self.height, self.width)
        if not context.training or x.shape[0] <= self.height or x.shape[1] <= self.width:
            return fitted(x, size)
        for axis, draw in enumerate(self.draws(context)):
            starts = x.shape[axis] - size[axis] + 1
            # a draw below one may round up to the number of starts
            start = primitives.minimum(primitives.floor(primitives.multiply(_of_batch(draw), starts)), starts - 1)
            places = primitives.add(start, primitives.table(np.arange(size[axis], dtype=np.float32)))
            x = primitives.take(x, places, axis)
        return x

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width}


def _of_batch(draw: Node) -> Node:
    """One number in [0, 1) for all images: of n numbers drawn evenly, the n-th power of the largest is even again."""
    return primitives.power(primitives.batch_max(draw, ()), primitives.batch_size())
