"""The few functions of Keras's `backend` that programs still call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planish import absent, standalone
from planish.config import backend, epsilon, floatx, image_data_format, set_epsilon, set_floatx, set_image_data_format
from planish.errors import explain
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
    "variable",
]


def get_value(x: Any) -> Any:
    """The value of a variable as an array; anything else as it is."""
    return x.numpy() if isinstance(x, Variable) else x


def variable(value: Any, dtype: str | None = None, name: str | None = None, constraint: None = None) -> Variable:
    """A variable with this value that belongs to no layer. A loss that reads it sees what is assigned later, too.

    ValueError for a `constraint`: nothing trains it.
    """
    if constraint is not None:
        raise ValueError(
            explain(
                what="backend.variable: `constraint` is not supported",
                rule="constraints hold for weights that are trained",
                remedy="self.add_weight(shape=..., constraint=...) in a layer",
            )
        )
    return standalone.variable(value, dtype or floatx(), name)


def set_value(x: Variable, value: Any) -> None:
    """Gives a variable a value of its shape (ValueError for another)."""
    x.assign(value)


if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("backend")
