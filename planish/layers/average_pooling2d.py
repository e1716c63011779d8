"""The mean of each window."""

from __future__ import annotations

from planish import ops
from planish.graph.node import Node
from planish.layers.image import Padding
from planish.layers.pooling import Pooling2D


class AveragePooling2D(Pooling2D):
    """Mean over windows; the padding of 'same' is not counted."""

    def pool(self, x: Node, padding: Padding) -> Node:
        return ops.average_pool2d(x, self.pool_size, self.strides, padding)
