"""The few functions of Keras's `backend` that programs still call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planish import absent
from planish.config import backend, epsilon, floatx, image_data_format, set_epsilon, set_floatx, set_image_data_format
from planish.utils import clear_session
from planish.variable import Variable

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_value",
    "image_data_format",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_value",
]


def get_value(x: Any) -> Any:
    """The value of a variable as an array; anything else as it is."""
    return x.numpy() if isinstance(x, Variable) else x


def set_value(x: Variable, value: Any) -> None:
    """Gives a variable a value of its shape (ValueError for another)."""
    x.assign(value)


if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("backend")
