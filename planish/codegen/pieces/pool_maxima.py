"""The maximum of a pooling window, and its place: the number of the first pixel of the window that has it.

There is no padding: maps already have a border of minus infinity. The maximum of a window with NaN is NaN, wherever
it is computed; its place is then the first one, or that of the first of the largest numbers after it. Windows of many
pixels are walked in loops.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.pieces.kernel import Spec
from planish.codegen.pieces.maxima import first_maximum, largest_of, with_larger
from planish.codegen.pieces.pool_windows import is_written_out, over_window, tap_nbytes


def largest_in_window(f: Function, spec: Spec, strides: Sequence[int], corner: Pointer, mask: str | None) -> Value:
    """The maximum of the window that begins at `corner`, for each lane."""
    if is_written_out(spec):
        return largest_of(f, [f.load(corner, tap, mask) for tap in tap_nbytes(spec, strides)])

    def larger(at: Pointer, _: Index, carried: list[Value]) -> list[Value]:
        return [f.highest(carried[0], f.load(at, 0, mask))]

    (largest,) = over_window(f, spec, strides, corner, [f.constant(-math.inf)], [f.vector], larger)
    return largest


def place_in_window(f: Function, spec: Spec, strides: Sequence[int], corner: Pointer, mask: str | None) -> Value:
    """The number of the place of the maximum, for each lane."""
    if is_written_out(spec):
        return first_maximum(f, [f.load(corner, tap, mask) for tap in tap_nbytes(spec, strides)])[1]

    def larger(at: Pointer, number: Index, carried: list[Value]) -> list[Value]:
        largest, place = carried
        return list(with_larger(f, largest, place, f.load(at, 0, mask), number_in_lanes(f, number)))

    start = [f.load(corner, 0, mask), f.integer_constant(0)]
    return over_window(f, spec, strides, corner, start, [f.vector, f.integers], larger)[1]


def number_in_lanes(f: Function, number: Index) -> Value:
    return (
        f.integer_constant(number) if isinstance(number, int) else f.splat_integer(f.let(f"trunc i64 {number} to i32"))
    )
