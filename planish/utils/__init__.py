"""Helpers around training, with Keras's names."""

from planish.utils.image_folder import ImageFolder, image_dataset_from_directory
from planish.utils.images import array_to_img, img_to_array, load_img, save_img
from planish.utils.labels import to_categorical
from planish.utils.numbers import normalize
from planish.utils.session import clear_session, set_random_seed

__all__ = [
    "ImageFolder",
    "array_to_img",
    "clear_session",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "normalize",
    "save_img",
    "set_random_seed",
    "to_categorical",
]
