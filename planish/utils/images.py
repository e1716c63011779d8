"""Image files as arrays, and arrays as image files, with Keras's functions."""

from __future__ import annotations

import os
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import warned
from planish.errors import explain, kind_with_article, unknown_name
from planish.utils.image_files import Source, pillow
from planish.utils.image_modes import CHANNELS, check_color_mode, in_mode, picture
from planish.utils.image_reader import channels_first, checked_size

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["CHANNELS", "INTERPOLATIONS", "array_to_img", "img_to_array", "load_img", "save_img"]

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")
"""How Pillow resizes; unlike those of `image_dataset_from_directory`, these average over what they leave out."""

_CHANNEL_COUNTS = tuple(CHANNELS.values())


def load_img(
    path: Source,
    color_mode: str = "rgb",
    target_size: tuple[int, int] | None = None,
    interpolation: str = "nearest",
    keep_aspect_ratio: bool = False,
) -> Image:
    """The image of a file (or of a BytesIO) as Pillow's object, in mode L, RGB or RGBA; turned as its EXIF data say.

    * `color_mode`: 'grayscale', 'rgb' or 'rgba'. Without alpha, what is transparent is white. 'grayscale' leaves
      images of 16 and 32 bits and of floats in their mode, with their values.
    * `target_size`: (height, width) to resize to, by `interpolation`: 'nearest', 'bilinear', 'bicubic', 'hamming',
      'box' or 'lanczos'; `keep_aspect_ratio` crops the middle of that shape out first.

    ValueError, naming the file, if it is not an image that can be read; OSError if it cannot be opened.

        image = load_img("cat.jpg", target_size=(64, 64))

    `path`: of the file.

    >>> keras.utils.save_img("black.png", np.zeros((4, 6, 3)))
    >>> keras.utils.load_img("black.png", target_size=(2, 3)).size
    (3, 2)
    """
    check_color_mode(color_mode)
    if interpolation not in INTERPOLATIONS:
        raise ValueError(unknown_name("interpolation", interpolation, INTERPOLATIONS))
    if not isinstance(path, str | bytes | os.PathLike | BytesIO):
        raise TypeError(
            explain(what="load_img takes a file", expected="a path, or a BytesIO", received=type(path).__name__)
        )
    size = None if target_size is None else checked_size(target_size, "target_size")[::-1]
    image = picture(path, color_mode)
    if size is None or image.size == size:
        return image
    box = _middle(image.size, size) if keep_aspect_ratio else None
    return image.resize(size, pillow().Resampling[interpolation.upper()], box)


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> NDArray[Any]:
    """Pillow's image as an array [height, width, channels], float32 unless `dtype` says otherwise; values stay.

    `data_format='channels_first'` gives [channels, height, width]. ValueError for anything but one image.

    `img`: the image.

    >>> keras.utils.img_to_array(keras.utils.array_to_img(np.zeros((4, 6, 3)))).shape
    (4, 6, 3)
    """
    array = np.asarray(img, dtype=np.float32 if dtype is None else dtype)
    if array.ndim not in (2, 3):
        raise ValueError(
            explain(
                what="img_to_array takes one image",
                expected="shape (height, width) or (height, width, channels)",
                received=array.shape,
            )
        )
    array = array[..., None] if array.ndim == 2 else array
    return np.moveaxis(array, -1, 0) if channels_first(data_format) else array


def array_to_img(x: ArrayLike, data_format: str | None = None, scale: bool = True, dtype: Any = None) -> Image:
    """An array [height, width, channels] (1, 3 or 4 channels) as Pillow's image.

    With `scale`, the smallest value becomes 0 and the largest 255; without, values are taken as 0-255. One channel
    with larger values becomes an image of 32 bits (mode I).

    `x`: the array; `data_format`: of it; `dtype`: the type it is computed in, float32 if it is None.

    >>> keras.utils.array_to_img(np.zeros((4, 6, 3))).size
    (6, 4)
    """
    array = np.asarray(x, dtype=np.float32 if dtype is None else dtype)
    if channels_first(data_format) and array.ndim == 3:
        array = np.moveaxis(array, 0, -1)
    if array.ndim != 3 or array.shape[-1] not in _CHANNEL_COUNTS or not array.size:
        raise ValueError(
            explain(
                what="array_to_img takes one image",
                expected="shape (height, width, channels) with 1, 3 or 4 channels",
                received=np.shape(x),
                remedy="add the channel axis: x[..., None]" if array.ndim == 2 else None,
            )
        )
    if scale:
        array = array - array.min()
        largest = array.max()
        array = array / largest * 255 if largest else array
    elif array.shape[-1] == 1 and array.max() > 255:
        deep: Image = pillow().fromarray(array[..., 0].astype(np.int32))
        return deep
    bytes_ = np.nan_to_num(np.clip(array, 0, 255)).astype(np.uint8)
    image: Image = pillow().fromarray(bytes_[..., 0] if bytes_.shape[-1] == 1 else bytes_)
    return image


def save_img(
    path: str | os.PathLike[str] | IO[bytes],
    x: ArrayLike,
    data_format: str | None = None,
    file_format: str | None = None,
    scale: bool = True,
    **kwargs: Any,
) -> None:
    """Writes an array [height, width, channels] to an image file, or to a file object.

    `file_format` ("png") is needed for a file object; otherwise the ending of `path` says it. `scale` is that of
    `array_to_img`; `kwargs` go to Pillow's `Image.save`. ValueError if Pillow has no such format, or cannot write such
    an image in it; OSError if the file cannot be written.

        save_img("noise.jpg", np.random.rand(64, 64, 3), quality=90)

    `x`: the array; `data_format`: of it.

    >>> keras.utils.save_img("black.png", np.zeros((4, 6, 3)))
    """
    image = array_to_img(x, data_format, scale)
    name = _file_format(path, file_format)
    if name == "JPEG" and image.mode == "RGBA":
        warned.warn("JPEG has no transparency: what is transparent is saved on white")
        image = in_mode(image, "rgb")
    if name == "PNG" and image.mode == "I":
        image = image.convert("I;16")
    try:
        image.save(path, format=name, **kwargs)
    except (ValueError, KeyError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk, not the image
            raise
        raise ValueError(
            explain(what=f"this image cannot be saved as {name}", received=f"mode {image.mode}: {error}")
        ) from error


def _file_format(path: Any, asked: str | None) -> str:
    """Pillow's name of the format to write."""
    images = pillow()
    images.init()
    named = isinstance(path, str | os.PathLike)
    given = asked or (os.path.splitext(os.fspath(path))[1] if named else "")
    name = str(given).upper().removeprefix(".")
    name = images.EXTENSION.get(f".{name.lower()}", name)
    if name not in images.SAVE:
        raise ValueError(
            explain(
                what="save_img: nothing says in which format to save"
                if not given
                else f"save_img: Pillow does not write the format {given!r}",
                expected="a path that ends in .png, .jpg, ...",
                received=repr(os.fspath(path)) if named else kind_with_article(path),
                remedy="file_format='png'",
            )
        )
    return str(name)


def _middle(size: tuple[int, int], target: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest box in the middle of `size` that has the shape of `target`: left, top, right, bottom."""
    width, height = size
    cut_width = min(width, height * target[0] // target[1]) or 1
    cut_height = min(height, width * target[1] // target[0]) or 1
    left, top = (width - cut_width) // 2, (height - cut_height) // 2
    return left, top, left + cut_width, top + cut_height
