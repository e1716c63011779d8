"""The largest value of each window."""

from __future__ import annotations

from planish import primitives
from planish.graph.node import Node
from planish.layers.image import Padding
from planish.layers.pooling import Pooling2D


class MaxPooling2D(Pooling2D):
    """Maximum over windows; the padding of 'same' never wins.

    The maximum of a window that holds NaN is NaN, as in JAX and PyTorch. TensorFlow passes over NaN on CPUs, and gives
    -3.4e38 for a window that holds nothing else; that hides a broken net.

    >>> keras.layers.MaxPooling2D((2, 2))(np.ones((1, 28, 28, 3))).shape
    (1, 14, 14, 3)
    >>> keras.layers.MaxPooling2D(2, strides=1, padding="same").compute_output_shape((None, 5, 5, 1))
    (None, 5, 5, 1)
    """

    def pool(self, x: Node, padding: Padding) -> Node:
        return primitives.max_pool2d(x, self.pool_size, self.strides, padding)
