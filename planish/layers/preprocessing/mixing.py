"""Layers that mix each image of a batch with another one, and its labels with those of the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from planish import primitives, structures
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.base.context import CallContext
from planish.layers.base.image import from_channels_last, to_channels_last
from planish.layers.base.layer import Layer
from planish.layers.preprocessing.augmentation import Augmentation

Mix = tuple[Node, Node]
"""How much of each image is left: for its pixels, and for its labels."""


class Mixing(Augmentation):
    """A layer that mixes images with those that are at their places when the batch is put into another order.

    It takes images, or {"images": ..., "labels": ...} with labels [n, classes], and then mixes both in the same way.
    """

    single_input = False

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        first = inputs[0] if inputs else None
        if not isinstance(first, Mapping):
            return super().__call__(*inputs, **keywords)
        images = self._images_of(first)
        if "labels" not in first:
            return {**first, "images": self(images, *inputs[1:], **keywords)}
        if np.ndim(images) != 3 or any(isinstance(leaf, Node) for leaf in structures.leaves([images])):
            return Layer.__call__(self, dict(first), *inputs[1:], **keywords)
        whole = {key: np.asarray(value)[None] for key, value in first.items()}
        return {key: value[0] for key, value in Layer.__call__(self, whole, *inputs[1:], **keywords).items()}

    def check_input(self, shape: Any) -> None:
        if isinstance(shape, list | tuple) and any(isinstance(each, list | tuple) for each in shape):
            raise ValueError(
                explain(
                    layer=self.label,
                    what="the layer takes images, or a dictionary of images and labels",
                    expected='{"images": ..., "labels": ...}',
                    received=f"{len(shape)} tensors",
                    remedy=f'{type(self).__name__}()({{"images": images, "labels": labels}})',
                )
            )
        if not isinstance(shape, Mapping):
            super().check_input(shape)
            return
        super().check_input(shape["images"])
        if not shape["labels"]:
            raise ValueError(
                explain(
                    layer=self.label,
                    what="the labels are numbers of classes, which cannot be mixed",
                    expected="labels [n, classes]: the share of each class",
                    received="labels [n]",
                    remedy="labels = keras.utils.to_categorical(labels)",
                )
            )

    def call(self, x: Any, context: CallContext) -> Any:
        if not context.training:
            return x
        order, *drawn = self.draws(context)
        ranks = primitives.batch_ranks(order)
        images = to_channels_last(x["images"] if isinstance(x, Mapping) else x, self.data_format)
        of_pixels, of_labels = self.mix(images, drawn)
        y = from_channels_last(_mixed(images, ranks, of_pixels), self.data_format)
        return {"images": y, "labels": _mixed(x["labels"], ranks, of_labels)} if isinstance(x, Mapping) else y

    def mix(self, images: Node, drawn: Sequence[Node]) -> Mix:
        """How images of the shape are mixed, by the numbers that were drawn for them."""
        raise NotImplementedError


def _mixed(x: Node, ranks: Node, share: Node) -> Node:
    """Where the share is 1 or 0, one of the two does not count, infinite or not."""
    other = primitives.other_images(x, ranks)
    both = primitives.add(primitives.multiply(x, share), primitives.multiply(other, primitives.subtract(1.0, share)))
    one = primitives.select(primitives.equal(share, 0.0), other, both)
    return primitives.select(primitives.equal(share, 1.0), x, one)
