"""The largest value of each channel."""

from __future__ import annotations

from planish import primitives
from planish.graph.node import Node
from planish.layers.global_pooling import GlobalPooling2D


class GlobalMaxPooling2D(GlobalPooling2D):
    """Maximum over all pixels of an image: [height, width, channels] -> [channels].

    >>> keras.layers.GlobalMaxPooling2D(keepdims=True)(np.ones((1, 4, 4, 3))).shape
    (1, 1, 1, 3)
    """

    def reduce(self, x: Node, axes: tuple[int, int]) -> Node:
        return primitives.reduce_max(x, axes, self.keepdims)
