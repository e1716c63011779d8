"""Images as files and as arrays (see `planish.utils`), and generators of transformed ones."""

from typing import TYPE_CHECKING

from planish import absent
from planish.preprocessing.file_iterators import DataFrameIterator, DirectoryIterator
from planish.preprocessing.image_data_generator import ImageDataGenerator
from planish.preprocessing.image_iterators import Iterator, NumpyArrayIterator
from planish.preprocessing.transforms import (
    apply_affine_transform,
    apply_brightness_shift,
    apply_channel_shift,
    random_brightness,
    random_channel_shift,
    random_rotation,
    random_shear,
    random_shift,
    random_zoom,
)
from planish.utils import (
    array_to_img,
    image_dataset_from_directory,
    img_to_array,
    load_img,
    save_img,
    smart_resize,
)

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
    "save_img",
    "smart_resize",
]

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("preprocessing.image")
