"""The colours of an image: grey, RGB or RGBA, as TensorFlow's decoders give them, and nothing that was hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planish.errors import unknown_name
from planish.utils.image_files import (
    Source,
    UnreadableImageError,
    decoded,
    eight_bits,
    named,
    numbers,
    pillow,
)

if TYPE_CHECKING:
    from PIL.Image import Image

CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
"""Number of channels of each `color_mode`."""

_MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}

_WHITE = (255, 255, 255, 255)

_GREY_OF = (9797 / 32768, 19234 / 32768, 3737 / 32768, -0.5)
"""Brightness of red, green and blue as libpng has it, in 15 bits; the last undoes Pillow's rounding."""


def check_color_mode(color_mode: str) -> None:
    if color_mode not in CHANNELS:
        raise ValueError(unknown_name("color_mode", color_mode, CHANNELS))


def pixels(
    source: Source, color_mode: str, least: int = 0, among: Sequence[str] | None = None
) -> NDArray[np.uint8] | NDArray[np.float32]:
    """The image of a file as TensorFlow decodes it: [height, width, channels], uint8 of 0-255.

    With `least`, photographs may come in a smaller size, if each side still has that many pixels. A file with
    measurements instead of a brightness (a TIFF of 16 or 32 bits or of floats) keeps them, as float32. `among` are the
    formats that it may have, if not all.
    """
    grey = color_mode == "grayscale"
    found = decoded(source, grey=grey, least=least, among=among)
    image = eight_bits(found) if found.is_deep else found.image
    if image is None:
        return _stacked(numbers(found.image), color_mode)
    with _told_of(source):
        array: NDArray[np.uint8] = np.asarray(_grey(image) if grey else in_mode(image, color_mode))
    return array.reshape(*array.shape[:2], -1)


def picture(source: Source, color_mode: str) -> Image:
    """The image of a file as Pillow's, in mode L, RGB or RGBA; a deep one keeps its mode if it may be grey."""
    found = decoded(source)
    if found.is_deep and color_mode == "grayscale":
        return found.image
    image = eight_bits(found) if found.is_deep else found.image
    if image is None:
        image = pillow().fromarray(np.nan_to_num(numbers(found.image)).clip(0, 255).astype(np.uint8))
    with _told_of(source):
        return in_mode(image, color_mode)


def in_mode(image: Image, color_mode: str) -> Image:
    """An image of 8 bits (or one) in the mode that `color_mode` names. Without alpha, it is shown on white."""
    if _is_transparent(image):
        image = _with_alpha(image)
        if color_mode != "rgba":
            paper = pillow().new("RGBA", image.size, _WHITE)
            image = pillow().alpha_composite(paper, image)
    if image.mode == "LAB":  # from which Pillow has no way to grey
        image = image.convert("RGB")
    return image.convert(_MODES[color_mode])


def _grey(image: Image) -> Image:
    if image.mode in ("1", "L") and not _is_transparent(image):
        return image.convert("L")
    return in_mode(image, "rgb").convert("L", _GREY_OF)


@contextmanager
def _told_of(source: Source) -> Iterator[None]:
    """Colours that Pillow has no way to convert are the file's fault."""
    try:
        yield
    except ValueError as error:
        raise UnreadableImageError(named(source), "has colours that cannot be converted", str(error)) from error


def _is_transparent(image: Image) -> bool:
    return image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info


def _with_alpha(image: Image) -> Image:
    straight = {"La": "LA", "RGBa": "RGBA"}  # from colours that are multiplied by their alpha
    return image.convert(straight.get(image.mode, image.mode)).convert("RGBA")


def _stacked(values: NDArray[np.float32], color_mode: str) -> NDArray[np.float32]:
    """Grey values in all channels; an alpha channel is full."""
    grey = values[..., None]
    opaque = [np.full_like(grey, 255)] if color_mode == "rgba" else []
    return np.concatenate([grey] * (CHANNELS[color_mode] - len(opaque)) + opaque, axis=-1)
