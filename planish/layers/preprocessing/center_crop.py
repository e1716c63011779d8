"""The middle of images."""

from __future__ import annotations

from typing import Any, Unpack

from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.context import CallContext
from planish.layers.preprocessing.augmentation import BoxOptions, ImageLayer
from planish.ops.resized_nodes import Size, middle, resized, window


class CenterCrop(ImageLayer):
    """The middle of images, `height` rows and `width` columns of it, in training and at inference.

    Of smaller images it is the largest part of the same form, enlarged.

    >>> keras.layers.CenterCrop(2, 2)(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0].tolist()
    [[5.0, 6.0], [9.0, 10.0]]
    """

    def __init__(self, height: int, width: int, data_format: str | None = None, **options: Unpack[BoxOptions]) -> None:
        super().__init__(data_format=data_format, **options)
        self.height = arguments.integer(self.label, "height", height)
        self.width = arguments.integer(self.label, "width", width)

    def changed(self, x: Node, context: CallContext) -> Node:
        rows, columns = x.shape[0] - self.height, x.shape[1] - self.width
        if min(rows, columns) < 0:
            return fitted(x, (self.height, self.width))
        return window(x, rows // 2, columns // 2, (self.height, self.width))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "height": self.height, "width": self.width}


def fitted(x: Node, size: Size) -> Node:
    """The largest part of the middle of a map that has the form of `size`, in that size."""
    return resized(middle(x, size), size, "bilinear")
