"""Images with stronger or paler colors."""

from __future__ import annotations

from collections.abc import Sequence

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.draws import between
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.color_augmentation import ColorAugmentation
from planish.layers.preprocessing.colors import from_hsv, to_hsv

EPSILON = 1e-7


class RandomSaturation(ColorAugmentation):
    """In training, the saturation of all pixels of an image is multiplied by a number.

    It is f / (1 - f), with an f that is drawn between the two numbers of `factor`: 0 is gray, 0.5 is the image as it
    is, 1 has all colors pure; below 0 it is gray, too, and one number f stands for (-f, f). Pixels are in
    `value_range`. A layer with a `seed` draws the same at the same step in every run.
    `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.RandomSaturation((0.4, 0.6))(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        share = between(drawn[0], *self.factor)
        times = primitives.divide(share, primitives.add(primitives.subtract(1.0, share), EPSILON))
        hue, saturation, value = to_hsv(x)
        return from_hsv(hue, augmentation.clipped(primitives.multiply(saturation, times), (0.0, 1.0)), value)
