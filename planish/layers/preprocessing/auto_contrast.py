"""Images that reach from the darkest to the brightest value."""

from __future__ import annotations

from typing import Any, Unpack

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.context import CallContext
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import AugmentationOptions, ImageLayer

_PIXELS = (0.0, 255.0)


class AutoContrast(ImageLayer):
    """Each channel of an image stretched, so that it takes all of `value_range`, in training and at inference.

    A channel of one value is left as it is.

    >>> keras.layers.AutoContrast()(np.array([10.0, 20.0, 30.0]).reshape(1, 3, 1, 1)).ravel().tolist()
    [0.0, 127.5, 255.0]
    """

    def __init__(self, value_range: tuple[float, float] = (0, 255), **options: Unpack[AugmentationOptions]) -> None:
        super().__init__(**options)
        self.value_range = augmentation.value_range(self.label, value_range)

    def changed(self, x: Node, context: CallContext) -> Node:
        return self.stretched(x)

    def stretched(self, x: Node) -> Node:
        """Maps (height, width, channels) that take all of the range."""
        pixels = augmentation.moved_range(x, self.value_range, _PIXELS)
        low = primitives.reduce_min(pixels, (0, 1), keepdims=True)
        span = primitives.subtract(primitives.reduce_max(pixels, (0, 1), keepdims=True), low)
        flat = primitives.equal(span, 0.0)
        scale = primitives.divide(255.0, primitives.select(flat, 1.0, span))
        stretched = primitives.multiply(primitives.subtract(pixels, low), scale)
        y = augmentation.moved_range(augmentation.clipped(stretched, _PIXELS), _PIXELS, self.value_range)
        return primitives.select(flat, x, y)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "value_range": self.value_range}
