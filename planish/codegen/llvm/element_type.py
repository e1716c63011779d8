"""The types that elements of a program's values have."""

from __future__ import annotations

from typing import NamedTuple


class ElementType(NamedTuple):
    """`name` in the graph, `llvm` in LLVM's text, `dtype` for NumPy; an element takes `nbytes`."""

    name: str
    llvm: str
    dtype: str
    nbytes: int


F32 = ElementType("f32", "float", "float32", 4)
F64 = ElementType("f64", "double", "float64", 8)
I32 = ElementType("i32", "i32", "int32", 4)
I64 = ElementType("i64", "i64", "int64", 8)
I8 = ElementType("i8", "i8", "int8", 1)

FLOATS = (F32, F64)
"""What the numbers of a program may be: all of them are of one of these types."""

_BY_NAME = {type_.name: type_ for type_ in (F32, F64, I32, I64, I8)}


def element_type(name: str) -> ElementType:
    """The type of that name in the graph."""
    return _BY_NAME[name]
