"""Models and weights in Keras 3's files."""

from planish.saving.keras_file import load_model, save_model
from planish.saving.weights_file import load_weights, save_weights

__all__ = ["load_model", "load_weights", "save_model", "save_weights"]
