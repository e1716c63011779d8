"""Images as files and as arrays; see `planish.utils`."""

from typing import TYPE_CHECKING

from planish import absent
from planish.utils import array_to_img, img_to_array, load_img, save_img

__all__ = ["array_to_img", "img_to_array", "load_img", "save_img"]

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("preprocessing.image")
