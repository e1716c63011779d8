"""Image files as arrays, and arrays as image files. Needs Pillow: pip install 'planish[images]'."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import config
from planish.errors import explain, unknown_name

if TYPE_CHECKING:
    from PIL.Image import Image

CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
"""Number of channels of each `color_mode`."""

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def load_img(
    path: str | os.PathLike[str],
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Image:
    """The image of a file, in 8 bits per channel, as Pillow's object.

    `color_mode`: 'grayscale', 'rgb' or 'rgba'. `target_size`: (height, width) to resize to; `keep_aspect_ratio` first
    crops the middle of that shape out. ValueError, naming the file, if it holds no image that can be read; OSError if
    it cannot be opened.
    """
    if color_mode not in CHANNELS:
        raise ValueError(unknown_name("color_mode", color_mode, CHANNELS))
    if interpolation not in INTERPOLATIONS:
        raise ValueError(unknown_name("interpolation", interpolation, INTERPOLATIONS))
    pillow = _pillow()
    image = _in_eight_bits(_decoded(os.fspath(path))).convert(_MODES[CHANNELS[color_mode]])
    if target_size is None:
        return image
    height, width = target_size
    if keep_aspect_ratio:
        image = image.crop(_middle(image.size, (width, height)))
    return image.resize((width, height), pillow.Resampling[interpolation.upper()])


def img_to_array(img: Image, data_format: str | None = None, dtype: Any = None) -> NDArray[Any]:
    """Pillow's image as an array [height, width, channels], float32 unless `dtype` says otherwise; values stay 0-255.

    `data_format='channels_first'` gives [channels, height, width].
    """
    array = np.asarray(img, dtype=np.float32 if dtype is None else dtype)
    array = array.reshape(*array.shape[:2], -1)
    return np.moveaxis(array, -1, 0) if _channels_first(data_format) else array


def array_to_img(x: ArrayLike, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Image:
    """An array [height, width, channels] (1, 3 or 4 channels) as Pillow's image.

    With `scale`, the smallest value becomes 0 and the largest 255; without, values are taken as 0-255.
    """
    array = np.asarray(x, dtype=np.float32 if dtype is None else dtype)
    if _channels_first(data_format) and array.ndim == 3:
        array = np.moveaxis(array, 0, -1)
    if array.ndim != 3 or array.shape[-1] not in _MODES:
        raise ValueError(
            explain(
                what="array_to_img takes one image",
                expected="shape (height, width, channels) with 1, 3 or 4 channels",
                received=np.shape(x),
                remedy="add the channel axis: x[..., None]" if array.ndim == 2 else None,
            )
        )
    if scale:
        array = array - array.min(initial=np.inf)
        largest = array.max(initial=0)
        array = array * (255 / largest) if largest else array
    pixels = np.clip(array, 0, 255).astype(np.uint8)
    image: Image = _pillow().fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    return image


def save_img(
    path: str | os.PathLike[str],
    x: ArrayLike,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
) -> None:
    """Writes an array [height, width, channels] to an image file; the ending of `path` says in which format."""
    array_to_img(x, data_format, scale).save(os.fspath(path), format=file_format)


def _decoded(path: str) -> Image:
    pillow = _pillow()
    try:
        image: Image
        with pillow.open(path) as image:
            image.load()
            return image
    except (pillow.UnidentifiedImageError, pillow.DecompressionBombError, SyntaxError, ValueError) as error:
        raise ValueError(explain(what=f"{path!r} is no image that can be read", received=str(error))) from error
    except OSError as error:
        if error.errno is not None:  # the file, not what is in it
            raise
        raise ValueError(explain(what=f"{path!r} is damaged or cut short", received=str(error))) from error


def _in_eight_bits(image: Image) -> Image:
    """Pillow cuts 16-bit values off at 255 by itself."""
    if not image.mode.startswith("I"):
        return image
    reduced: Image = _pillow().fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
    return reduced


def _middle(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest box in the middle of `size` that has the shape of `target`: left, top, right, bottom."""
    width, height = size
    cut_width = min(width, height * target[0] // target[1]) or 1
    cut_height = min(height, width * target[1] // target[0]) or 1
    left, top = (width - cut_width) // 2, (height - cut_height) // 2
    return left, top, left + cut_width, top + cut_height


def _channels_first(data_format: str | None) -> bool:
    chosen = config.image_data_format() if data_format is None else data_format
    if chosen not in config.DATA_FORMATS:
        raise ValueError(unknown_name("data_format", data_format, config.DATA_FORMATS))
    return chosen == "channels_first"


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise ImportError(
            explain(
                what="images are read and written by Pillow, which is missing", remedy="pip install 'planish[images]'"
            )
        ) from None
    return Image
