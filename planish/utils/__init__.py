"""Helpers around training, with Keras's names."""

from typing import TYPE_CHECKING

from planish import absent
from planish.custom_objects import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
)
from planish.serialization import deserialize_keras_object, serialize_keras_object
from planish.utils.downloads import get_file
from planish.utils.image_folder import ImageFolder, image_dataset_from_directory
from planish.utils.images import array_to_img, img_to_array, load_img, save_img
from planish.utils.labels import to_categorical
from planish.utils.model_plot import model_to_dot, plot_model
from planish.utils.numbers import normalize
from planish.utils.py_dataset import PyDataset
from planish.utils.session import clear_session, set_random_seed
from planish.utils.smart_resizing import smart_resize
from planish.utils.splitting import split_dataset

Sequence = PyDataset

__all__ = [
    "CustomObjectScope",
    "ImageFolder",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "image_dataset_from_directory",
    "img_to_array",
    "load_img",
    "model_to_dot",
    "normalize",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "smart_resize",
    "split_dataset",
    "to_categorical",
]

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("utils")
