"""The arguments of `add_weight` in all the orders in which Keras has taken them."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from planish.errors import explain

_BY_SHAPE = ("shape", "initializer", "dtype")
_BY_NAME = ("name", "shape", "initializer", "regularizer", "constraint")
_REMEDY = "self.add_weight(shape=(3, 4), initializer='zeros', name='kernel')"


def placed(label: str, args: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments by name; None for those that are not given. TypeError if two are given for one."""
    made = dict(named)
    for name, value in _by_place(label, args):
        if made[name] is not None:
            raise TypeError(_wrong(label, f"`{name}` is given by position and by keyword", repr(value)))
        made[name] = value
    return made


def _by_place(label: str, args: Sequence[Any]) -> list[tuple[str, Any]]:
    by_name = bool(args) and (isinstance(args[0], str) or (args[0] is None and len(args) > 1))
    dtypes = [("dtype", value) for value in args[2:] if by_name and _is_dtype(value)]
    others = [value for place, value in enumerate(args) if not (by_name and place >= 2 and _is_dtype(value))]
    order = _BY_NAME if by_name else _BY_SHAPE
    if len(others) > len(order) or len(dtypes) > 1:
        raise TypeError(_wrong(label, "there are too many arguments by position", ", ".join(map(repr, args))))
    return [*zip(order, others, strict=False), *dtypes]


def _is_dtype(value: Any) -> bool:
    """Whether it names an element type: no initializer has such a name."""
    if not isinstance(value, str | type | np.dtype) or value is None:
        return False
    try:
        np.dtype(value)
    except TypeError:
        return False
    return True


def checked_shape(label: str, name: str, shape: Any) -> tuple[int, ...]:
    """The shape as numbers. ValueError if a size is open, TypeError if it is not a shape."""
    given = () if shape is None else shape if isinstance(shape, Sequence) or np.ndim(shape) else (shape,)
    if any(extent is None for extent in given):
        raise ValueError(
            explain(
                layer=label,
                what=f"the shape of the weight '{name}' has an open size",
                rule="a weight has one size, whatever data comes",
                expected="numbers",
                received=tuple(given),
                remedy="Input(shape=...) with this size, or a weight that does not depend on it",
            )
        )
    try:
        extents = tuple(operator.index(extent) for extent in given)
    except TypeError:
        raise TypeError(_wrong(label, f"the shape of the weight '{name}' is not a shape", repr(shape))) from None
    if min(extents, default=0) < 0:
        raise ValueError(_wrong(label, f"the shape of the weight '{name}' has a negative size", repr(extents)))
    return extents


def _wrong(label: str, what: str, received: str) -> str:
    return explain(layer=label, what=f"add_weight: {what}", received=received, remedy=_REMEDY)
