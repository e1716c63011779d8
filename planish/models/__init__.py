"""Models, with Keras's names."""

from planish.models.files import load_model, save_model
from planish.models.model import Model
from planish.models.sequential import Sequential

__all__ = ["Model", "Sequential", "load_model", "save_model"]
