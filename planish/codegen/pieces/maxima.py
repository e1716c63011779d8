"""The largest of several values, and which of them it is.

The maximum of a window with NaN is NaN, wherever it is computed.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.codegen.llvm.function import Function, Value


def largest_of(f: Function, values: Sequence[Value]) -> Value:
    """The largest value; NaN if one is. Each comparison keeps a NaN on its right, so the last value's stays."""
    found = list(values)
    while len(found) > 1:
        paired = [f.maximum(a, b) for a, b in zip(found[::2], found[1::2], strict=False)]
        found = paired + ([found[-1]] if len(found) % 2 else [])
    return f.nan_beside(found[0], values[:-1])


def first_maximum(f: Function, values: Sequence[Value]) -> tuple[Value, Value]:
    """The maximum, NaN if a value is, and the number of the first value that is not less than any other number (0 if
    that one is NaN)."""
    largest, place = values[0], f.integer_constant(0)
    for number, value in enumerate(values[1:], 1):
        largest, place = with_larger(f, largest, place, value, f.integer_constant(number))
    return f.nan_beside(largest, values[1:]), place


def with_larger(f: Function, largest: Value, place: Value, value: Value, number: Value) -> tuple[Value, Value]:
    larger = f.greater(value, largest)
    return f.select(larger, value, largest), f.select_integer(larger, number, place)
