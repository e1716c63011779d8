"""What a variable of the user's begins with: its name, and what its value, shape and type follow from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import naming
from planish.errors import explain

Initializer = Callable[[tuple[int, ...]], NDArray[Any]]

Start = tuple[Initializer | NDArray[Any], tuple[int, ...], str]

NUMBERS = "fiub"
"""Kinds of NumPy's element types."""


def checked_name(name: Any) -> str:
    if name is None:
        return naming.automatic_name("Variable")
    wanted = naming.misfit(name)
    if wanted is None:
        return str(name)
    raise ValueError(explain(what="Variable: argument 'name' is wrong", expected=wanted, received=repr(name)))


_FROM_LISTS = {"float64": "float32", "int64": "int32"}
"""What NumPy makes of Python's numbers, and what Keras makes of them."""


def start(
    name: str, initializer: Any, shape: Any, dtype: Any
) -> tuple[Initializer | NDArray[Any], tuple[int, ...], str]:
    """The value of a variable of the user's, or what makes it; its shape, and its type."""
    kind = None if dtype is None else _checked_type(name, dtype)
    if callable(initializer) or isinstance(initializer, str):
        from planish import initializers

        if shape is None:
            raise ValueError(
                explain(
                    what=f"Variable {name!r}: an initializer needs a shape",
                    received=repr(initializer),
                    remedy=f"Variable({initializer!r}, shape=(3, 3))",
                )
            )
        return initializers.get(initializer), _checked_shape(name, shape), kind or "float32"
    given = _numbers(name, initializer)
    if shape is not None and _checked_shape(name, shape) != given.shape:
        raise ValueError(
            explain(what=f"Variable {name!r}: the value has another shape", expected=shape, received=given.shape)
        )
    typed = hasattr(initializer, "dtype")
    kind = kind or (given.dtype.name if typed else _FROM_LISTS.get(given.dtype.name, given.dtype.name))
    return given.astype(kind), given.shape, kind


def _numbers(name: str, value: Any) -> NDArray[Any]:
    array = np.asarray(value)
    if array.dtype.kind in NUMBERS:
        return array
    raise TypeError(
        explain(
            what=f"Variable {name!r}: the value does not hold numbers",
            expected="a number, an array or a list of numbers, or an initializer and a shape",
            received=f"{value!r:.80} of type {type(value).__name__}",
            remedy="Variable(1.0), or Variable('zeros', shape=(3, 3))",
        )
    )


def _checked_shape(name: str, shape: Any) -> tuple[int, ...]:
    given = shape if isinstance(shape, list | tuple) else (shape,)
    if all(isinstance(each, int | np.integer) and not isinstance(each, bool) and each >= 0 for each in given):
        return tuple(int(each) for each in given)
    expected = "integers, 0 or more: (), (3,) or (3, 3)"
    raise ValueError(
        explain(what=f"Variable {name!r}: argument 'shape' is wrong", expected=expected, received=repr(shape))
    )


def _checked_type(name: str, dtype: Any) -> str:
    try:
        kind = np.dtype(dtype)
    except TypeError:
        kind = np.dtype(object)
    if kind.kind not in NUMBERS:
        expected = "'float32', or another type of numbers of NumPy's"
        raise ValueError(
            explain(what=f"Variable {name!r}: argument 'dtype' is wrong", expected=expected, received=repr(dtype))
        )
    return str(kind)
