"""Models and weights in files."""

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
from planish.saving.keras_file import model_from_json
from planish.saving.model_file import save_model
from planish.saving.opening import load_model
from planish.saving.weights_file import load_weights, save_weights
from planish.serialization import deserialize_keras_object, serialize_keras_object

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "model_from_json",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("saving")
