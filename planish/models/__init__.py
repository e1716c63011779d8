"""Models, with Keras's names."""

from typing import TYPE_CHECKING

from planish import absent
from planish.models.cloning import clone_model
from planish.models.files import load_model, model_from_json, save_model
from planish.models.functional import Functional
from planish.models.model import Model
from planish.models.sequential import Sequential

__all__ = ["Functional", "Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]

if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("models")
