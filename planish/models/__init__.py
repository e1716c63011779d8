"""Models, with Keras's names."""

from planish.models.model import Model
from planish.models.sequential import Sequential

__all__ = ["Model", "Sequential"]
