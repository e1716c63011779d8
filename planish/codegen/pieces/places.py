"""Places of maxima: whether there is one, and how a kernel that finds maxima stores them."""

from __future__ import annotations

from planish.codegen.llvm.function import ZERO, Function, Index, Value
from planish.codegen.pieces.kernel import Operands
from planish.primitives.rewritten.pool_places import NO_PLACE


def gated(f: Function, places: Value, y: Value) -> Value:
    return f.select_integer(f.greater(y, ZERO), places, f.integer_constant(NO_PLACE))


def has_place(f: Function, places: Value) -> Value:
    """The lanes that have one; `places` as `load_bytes` gives them."""
    return f.let(f"icmp ne {f.integers} {places}, {f.integer_constant(NO_PLACE & 0xFF)}")


def store_places(f: Function, operands: Operands, places: Value, y: Value, element: Index, mask: str | None) -> None:
    """Writes the places of maxima beside the result `y` that comes from them."""
    assert operands.beside is not None
    f.store_bytes(gated(f, places, y) if operands.gated else places, operands.beside, element, mask)
