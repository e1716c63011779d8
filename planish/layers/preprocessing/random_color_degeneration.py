"""Images with paler colors."""

from __future__ import annotations

from collections.abc import Sequence

from planish import primitives
from planish.graph.node import Node
from planish.layers.base.draws import between
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.color_augmentation import ColorAugmentation
from planish.ops.images import rgb_to_grayscale


class RandomColorDegeneration(ColorAugmentation):
    """In training, an image is mixed with its gray image, and kept in `value_range`.

    The share of gray is drawn between the two numbers of `factor`, from -1 to 1; one number f stands for (-f, f), and a
    share below zero makes colors stronger. A layer with a `seed` draws the same at the same step in every run.
    `data_format`: 'channels_last' or 'channels_first'.

    >>> keras.layers.RandomColorDegeneration(0.5)(np.ones((1, 4, 4, 3)), training=True).shape
    (1, 4, 4, 3)
    """

    def transformed(self, x: Node, drawn: Sequence[Node]) -> Node:
        gray = rgb_to_grayscale(x, data_format="channels_last")
        paler = primitives.multiply(primitives.subtract(gray, x), between(drawn[0], *self.factor))
        return augmentation.clipped(primitives.add(x, paler), self.value_range)
