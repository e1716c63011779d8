"""Images in `keras.ops.image`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planish import absent
from planish.ops.images import (
    crop_images,
    pad_images,
    resize,
    rgb_to_grayscale,
)

__all__ = [
    "crop_images", "pad_images", "resize", "rgb_to_grayscale",
]  # fmt: skip

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("ops.image")
