"""The operators of nodes, so that a function written for arrays can be traced: `(t - p) ** 2`, `abs(x)`, `x[:, 0]`.

`planish.primitives`, which knows the operations, provides here what each of them makes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

Function = Callable[..., Any]

_FUNCTIONS: dict[str, Function] = {}


def provide(functions: Mapping[str, Function]) -> None:
    """Functions of operands by the name of their operator ("add"), and of what else Python and NumPy ask for."""
    _FUNCTIONS.update(functions)


def _operator(name: str) -> Function:
    return lambda *operands: _FUNCTIONS[name](*operands)


def _reflected(name: str) -> Function:
    return lambda right, left: _FUNCTIONS[name](left, right)


class WithOperators:
    """`==` and `!=` compare identity, as for all objects that are keys of dicts: `ops.equal` compares values."""

    __slots__ = ()

    __add__, __radd__ = _operator("add"), _reflected("add")
    __sub__, __rsub__ = _operator("subtract"), _reflected("subtract")
    __mul__, __rmul__ = _operator("multiply"), _reflected("multiply")
    __truediv__, __rtruediv__ = _operator("divide"), _reflected("divide")
    __floordiv__, __rfloordiv__ = _operator("floor_divide"), _reflected("floor_divide")
    __mod__, __rmod__ = _operator("remainder"), _reflected("remainder")
    __pow__, __rpow__ = _operator("power"), _reflected("power")
    __matmul__ = _operator("matmul")
    __and__, __rand__ = _operator("both"), _reflected("both")
    __or__, __ror__ = _operator("either"), _reflected("either")
    __gt__, __lt__ = _operator("greater"), _reflected("greater")
    __ge__, __le__ = _operator("greater_equal"), _reflected("greater_equal")
    __neg__, __pos__ = _operator("negative"), _operator("itself")
    __abs__, __invert__ = _operator("absolute"), _operator("opposite")
    __getitem__, __iter__ = _operator("index"), _operator("items")
    __bool__ = _operator("truth")
    __float__, __int__, __len__ = _operator("number"), _operator("number"), _operator("number")
    __array_ufunc__, __array__, __array_function__ = _operator("numpy"), _operator("array"), _operator("array")
    __tf_tensor__ = _operator("tensorflow")

    if not TYPE_CHECKING:  # a type checker is to find attributes that do not exist
        __getattr__ = _operator("attribute")
