"""Images in another size."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.context import CallContext
from planish.layers.preprocessing.augmentation import BoxOptions, ImageLayer
from planish.ops.images import resize

INTERPOLATIONS = ("bilinear", "nearest", "bicubic", "lanczos3", "lanczos5", "area")


class Resizing(ImageLayer):
    """Images with `height` rows and `width` columns, in training and at inference.

    `interpolation`: 'bilinear', 'nearest', 'bicubic', 'lanczos3', 'lanczos5' or 'area'; `antialias` averages over all
    pixels of images that become smaller. Images of another form are stretched, with `crop_to_aspect_ratio` cut to the
    middle, with `pad_to_aspect_ratio` put between borders of `fill_value` (`fill_mode` is 'constant').

    >>> keras.layers.Resizing(4, 6)(np.ones((2, 8, 8, 3))).shape
    (2, 4, 6, 3)
    """

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(data_format=data_format, **options)
        self.height = arguments.integer(self.label, "height", height)
        self.width = arguments.integer(self.label, "width", width)
        self.interpolation = arguments.choice(self.label, "interpolation", interpolation, INTERPOLATIONS)
        self.crop_to_aspect_ratio = arguments.flag(self.label, "crop_to_aspect_ratio", crop_to_aspect_ratio)
        self.pad_to_aspect_ratio = arguments.flag(self.label, "pad_to_aspect_ratio", pad_to_aspect_ratio)
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            expected = "False, since crop_to_aspect_ratio is True"
            raise arguments.wrong_argument(self.label, "pad_to_aspect_ratio", expected, pad_to_aspect_ratio)
        self.fill_mode = arguments.choice(self.label, "fill_mode", fill_mode, ("constant",))
        self.fill_value = arguments.number(self.label, "fill_value", fill_value)
        self.antialias = arguments.flag(self.label, "antialias", antialias)

    def __call__(self, *inputs: Any, **keywords: Any) -> Any:
        """The images in the new size; arrays of integers give, as in Keras, integers of the same type."""
        y = super().__call__(*inputs, **keywords)
        given: Any = inputs[0] if inputs else None
        if not isinstance(given, np.ndarray) or given.dtype.kind not in "iu":
            return y
        bounds: Any = np.iinfo(given.dtype)
        return np.clip(np.round(y), bounds.min, bounds.max).astype(given.dtype)

    def changed(self, x: Node, context: CallContext) -> Node:
        y: Node = resize(
            x,
            (self.height, self.width),
            interpolation=self.interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_value=self.fill_value,
            data_format="channels_last",
        )
        return y

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "height": self.height,
            "width": self.width,
            "interpolation": self.interpolation,
            "crop_to_aspect_ratio": self.crop_to_aspect_ratio,
            "pad_to_aspect_ratio": self.pad_to_aspect_ratio,
            "fill_mode": self.fill_mode,
            "fill_value": self.fill_value,
            "antialias": self.antialias,
        }
