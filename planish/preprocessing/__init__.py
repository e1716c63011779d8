"""Keras's other name for what `planish.utils` has for images."""

from typing import TYPE_CHECKING

from planish import absent
from planish.preprocessing import image
from planish.utils import image_dataset_from_directory

__all__ = ["image", "image_dataset_from_directory"]

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("preprocessing")
