"""Networks of other libraries as models of planish, and back."""

from planish.convert.keras_model import from_keras
from planish.convert.torch_model import from_torch
from planish.convert.torch_state import from_state_dict, to_torch_state_dict

__all__ = ["from_keras", "from_state_dict", "from_torch", "to_torch_state_dict"]
