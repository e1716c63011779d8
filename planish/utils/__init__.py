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
from planish.output import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from planish.serialization import deserialize_keras_object, serialize_keras_object
from planish.utils.downloads import get_file
from planish.utils.image_folder import ImageFolder, image_dataset_from_directory
from planish.utils.images import array_to_img, img_to_array, load_img, save_img
from planish.utils.labels import to_categorical
from planish.utils.model_plot import model_to_dot, plot_model
from planish.utils.numbers import normalize
from planish.utils.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from planish.utils.py_dataset import PyDataset
from planish.utils.session import clear_session, set_random_seed
from planish.utils.smart_resizing import smart_resize
from planish.utils.splitting import split_dataset
from planish.utils.symbolic_inputs import get_source_inputs, is_keras_tensor

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
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "load_img",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "smart_resize",
    "split_dataset",
    "to_categorical",
    "unpack_x_y_sample_weight",
]

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("utils")
