"""The mean of each window."""

from __future__ import annotations

from planish import primitives
from planish.graph.node import Node
from planish.layers.image import Padding
from planish.layers.pooling import Pooling2D


class AveragePooling2D(Pooling2D):
    """Mean over windows; the padding of 'same' is not counted.

    >>> keras.layers.AveragePooling2D((2, 2))(np.ones((1, 28, 28, 3))).shape
    (1, 14, 14, 3)
    """

    def pool(self, x: Node, padding: Padding) -> Node:
        return primitives.average_pool2d(x, self.pool_size, self.strides, padding)
