"""How the images of a folder are read: all with the same size and the same channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import config
from planish.errors import explain, unknown_name
from planish.utils.image_files import Source
from planish.utils.image_modes import CHANNELS, check_color_mode, pixels
from planish.utils.resizing import check_interpolation, middle, padded, resized

SMOOTHED = "smoothed"
"""The name among a model's notes which says that images are averaged when they become smaller."""

_TIMES_AS_LARGE = 2  # times the requested size: pixels that are left to be averaged


@dataclass(frozen=True, slots=True)
class ImageReader:
    """A function from the path of a file to an array: `ImageReader((64, 64))("cat.jpg")`.

    Arguments are those of `image_dataset_from_directory`, which reads its files with one. ValueError for wrong ones.
    """

    image_size: Any = (256, 256)
    color_mode: str = "rgb"
    interpolation: str = "bilinear"
    crop_to_aspect_ratio: bool = False
    pad_to_aspect_ratio: bool = False
    antialias: bool = False
    data_format: str | None = None
    fast: bool = False
    """Large photographs are decoded at a fraction of their size, by averaging, so values are only close to Keras's."""
    among: tuple[str, ...] | None = None
    """The formats that files may have, by Pillow's names, if not all that it decodes itself."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "image_size", checked_size(self.image_size))
        object.__setattr__(self, "interpolation", check_interpolation(self.interpolation))
        check_color_mode(self.color_mode)
        first = channels_first(self.data_format)
        object.__setattr__(self, "data_format", "channels_first" if first else "channels_last")
        if self.crop_to_aspect_ratio and self.pad_to_aspect_ratio:
            raise ValueError(
                explain(
                    what="crop_to_aspect_ratio and pad_to_aspect_ratio exclude each other",
                    received="True for both",
                    remedy="crop_to_aspect_ratio=True cuts off what does not fit; pad_to_aspect_ratio=True keeps it",
                )
            )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """The shape of an image, as `data_format` has it."""
        height, width = self.image_size
        channels = CHANNELS[self.color_mode]
        return (channels, height, width) if self.data_format == "channels_first" else (height, width, channels)

    def __call__(self, source: Source) -> NDArray[np.float32]:
        """An image as float32, with values of 0-255 (or what the file has instead of a brightness).

        `source` is a path, or a BytesIO. UnreadableImageError (a ValueError) for a file that is not an image or is
        broken, OSError for one that cannot be opened.
        """
        least = _TIMES_AS_LARGE * max(self.image_size) if self.fast else 0
        image = pixels(source, self.color_mode, least, self.among)
        if self.crop_to_aspect_ratio:
            image = middle(image, self.image_size)
        resize = padded if self.pad_to_aspect_ratio else resized
        result = resize(image, self.image_size, self.interpolation, self.antialias)
        return np.moveaxis(result, -1, 0) if self.data_format == "channels_first" else result


def channels_first(data_format: str | None) -> bool:
    """Whether channels come before rows; ValueError for an unknown name."""
    chosen = config.image_data_format() if data_format is None else data_format
    if chosen not in config.DATA_FORMATS:
        raise ValueError(unknown_name("data_format", data_format, config.DATA_FORMATS))
    return chosen == "channels_first"


def rounded(image: NDArray[np.float32], kind: np.dtype[Any]) -> NDArray[Any]:
    """Values in another type; where it has whole numbers only, the nearest that it has."""
    if kind.kind not in "iu":
        return image.astype(kind)
    limits = np.iinfo(kind)
    whole: NDArray[Any] = np.rint(np.nan_to_num(image)).clip(limits.min, limits.max)
    return whole.astype(kind)


def checked_size(size: Any, what: str = "image_size") -> tuple[int, int]:
    """(height, width) of a pair or of one number for both; `what` is the argument's name, for messages."""
    parts = tuple(size) if isinstance(size, Sequence | np.ndarray) and not isinstance(size, str) else (size, size)
    if len(parts) != 2 or not all(_is_length(part) for part in parts):
        raise ValueError(
            explain(
                what=f"{what} is (height, width)",
                expected="two whole numbers from 1 on, such as (64, 64), or one for both",
                received=repr(size),
            )
        )
    return int(parts[0]), int(parts[1])


def _is_length(part: Any) -> bool:
    return isinstance(part, int | np.integer) and not isinstance(part, bool) and bool(part > 0)
