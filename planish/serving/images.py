"""Encoded images (PNG, JPEG, ...) as a model's input: bounded before they are decoded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import BytesIO

import numpy as np

from planish.serving.loaded import Array, Tensor
from planish.serving.refusals import TOO_LARGE, RefusedError
from planish.utils.image_files import formats, pillow
from planish.utils.image_modes import CHANNELS
from planish.utils.image_reader import ImageReader, rounded

FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "MPO", "PNG", "PPM", "TIFF", "WEBP")
"""What strangers may send. Pillow decodes many more, which hardly anybody means."""

_MODES = {count: mode for mode, count in CHANNELS.items()}


def takes_images(tensor: Tensor) -> bool:
    """Whether an input is a picture: [height, width], or with 1, 3 or 4 channels."""
    return len(tensor.shape) == 2 or (len(tensor.shape) == 3 and tensor.shape[2] in _MODES)


class Decoder:
    """Makes images of encoded ones for an input. `scale`: what pixels of 0-255 are divided by."""

    def __init__(self, tensor: Tensor, smoothed: bool, scale: float, max_pixels: int) -> None:
        self._tensor = tensor
        self._scale = scale
        self._max_pixels = max_pixels
        self._read: ImageReader | None = None
        if takes_images(tensor):
            mode = _MODES[tensor.shape[2] if len(tensor.shape) == 3 else 1]
            self._read = ImageReader(
                tensor.shape[:2], mode, antialias=smoothed, fast=smoothed, data_format="channels_last",
                among=_among(),
            )  # fmt: skip

    def decoded(self, encoded: Sequence[bytes]) -> Array:
        """[n, *shape] of the input's type. RefusedError for an input that is not a picture, for what is not an image,
        and for more pixels, of all images together, than one request may have: as they come, or as the input takes
        them, whichever are more, since a few bytes may become an image of any size."""
        read = self._read
        if read is None:
            raise RefusedError(
                f"input '{self._tensor.name}' does not take encoded images: its shape is {list(self._tensor.shape)}"
            )
        self._check_pixels(encoded)
        images = np.empty((len(encoded), *self._tensor.shape), self._tensor.dtype)
        for place, data in enumerate(encoded):
            try:
                pixels = rounded(read(BytesIO(data)), np.dtype(np.uint8))
            except (ValueError, OSError) as error:
                raise RefusedError(f"image {place} cannot be read: {_reason(error)}") from None
            images[place] = np.divide(pixels, self._scale, dtype=np.float64).reshape(self._tensor.shape)
        return images

    def _check_pixels(self, encoded: Sequence[bytes]) -> None:
        total, own = 0, math.prod(self._tensor.shape[:2])
        for place, data in enumerate(encoded):
            total += max(_pixels(place, data), own)
            if total > self._max_pixels:
                raise RefusedError(
                    f"the images of one request have more than {self._max_pixels} pixels (--max-pixels)", TOO_LARGE
                )


def _among() -> tuple[str, ...]:
    """The formats of the list that this Pillow has."""
    return tuple(name for name in formats() if name in FORMATS)


def _pixels(place: int, data: bytes) -> int:
    """By the first bytes of an image."""
    try:
        with pillow().open(BytesIO(data), formats=_among()) as image:
            width, height = image.size
            return int(width) * int(height)
    except Exception:  # a broken file makes Pillow raise nearly anything
        raise RefusedError(f"image {place} is not an image in one of the formats {', '.join(FORMATS)}") from None


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", "is damaged"))
