"""Element types of arrays: Keras's rules for what a list or a number becomes, and for what two types make."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import config
from planish.errors import explain, kind_with_article
from planish.variable import Variable

Array = NDArray[Any]
Kind = np.dtype[Any] | type[int] | type[float]

_FROM_LISTS = {"float64": "float32", "int64": "int32"}
"""What NumPy makes of Python's numbers, and what Keras makes of them."""

_KNOWN = (
    "bool", "uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "float16", "float32", "float64",
)  # fmt: skip
_SHORT = {"int": "int32", "float": "float32"}
_LONGER_SUMS = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}


def as_array(value: Any) -> Array:
    """A plain array: Python's numbers are float32 or int32, alone and in lists; arrays keep their type.

    TypeError for what does not hold numbers.
    """
    if isinstance(value, Variable):
        return value.value.copy()  # training would change it behind the result
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(explain(what="ops: a list that is not an array", received=str(error)[:200])) from None
    if array.dtype.kind not in "biufc":
        raise TypeError(
            explain(
                what="operations take nodes, arrays and numbers",
                received=f"{value!r:.80}, {kind_with_article(value)}",
                remedy="a number or an array of numbers in its place: np.asarray(values, 'float32')",
            )
        )
    array = array.view(np.ndarray)
    return array if hasattr(value, "dtype") or _holds_typed(value) else _as_from_list(array)


def _as_from_list(array: Array) -> Array:
    name = _FROM_LISTS.get(array.dtype.name)
    if name is None or (name == "int32" and array.size and np.abs(array).max() >= 2**31):
        return array
    return array.astype(name)


def _holds_typed(value: Any) -> bool:
    """Whether a list holds arrays, which have types of their own."""
    while isinstance(value, list | tuple) and value:
        value = value[0]
    return hasattr(value, "dtype")


def dtype_named(dtype: Any) -> np.dtype[Any]:
    """The type that a user's argument means: a name, a type of NumPy's or Python's. ValueError if there is none."""
    name = config.floatx() if dtype is None else getattr(dtype, "name", None) or getattr(dtype, "__name__", dtype)
    name = _SHORT.get(name, name) if isinstance(name, str) else name
    if name not in _KNOWN:
        raise ValueError(explain(what="an element type was expected", expected=", ".join(_KNOWN), received=repr(dtype)))
    return np.dtype(name)


def kind_of(value: Any) -> Kind:
    """The type of an array; a Python number only has a kind, which gives way to any type of that kind."""
    if isinstance(value, bool):
        return np.dtype("bool")
    if isinstance(value, int | float) and not isinstance(value, np.generic):
        return type(value)
    found: np.dtype[Any] = np.dtype(value.dtype)
    return found


def result_type(*kinds: Kind) -> np.dtype[Any]:
    """The type that values of these kinds are brought to: a float if there is one, as in Keras and JAX."""
    strong = [kind for kind in kinds if isinstance(kind, np.dtype)]
    floats = [kind for kind in strong if kind.kind in "fc"]
    if floats:
        return np.result_type(*floats)
    integers = [kind for kind in strong if kind.kind in "iu"]
    if float in kinds:
        return np.dtype(config.floatx())
    if integers:
        found = np.result_type(*integers)
        return np.dtype(config.floatx()) if found.kind == "f" else found
    return np.dtype("int32" if int in kinds else "bool")


def float_type(*kinds: Kind) -> np.dtype[Any]:
    """The type for results that are fractions: float32 for integers."""
    return result_type(*kinds, float)


def sum_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type of sums: small integers are added up in 32 bits."""
    return np.dtype(_LONGER_SUMS.get(dtype.name, dtype))


def together(*values: Any) -> list[Array]:
    """Arrays of one type."""
    type_ = result_type(*(kind_of(value) for value in values))
    return [np.asarray(value, type_) for value in values]


def together_floats(*values: Any) -> list[Array]:
    """Arrays of one type that holds fractions."""
    type_ = float_type(*(kind_of(value) for value in values))
    return [np.asarray(value, type_) for value in values]


def floating(x: Array) -> Array:
    """The array, its integers and truth values as float32."""
    return x.astype(float_type(x.dtype), copy=False)
