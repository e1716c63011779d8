"""Softmax along the last axis, and what else comes of its sums.

    for row:
        m = max over k of x[k]
        e[k] = exp(x[k] - m); s = sum of e
        y[k] = e[k] / s                 # or another function of x[k] - m and s

Three passes over a row that is in L1. The last vector is masked; its idle lanes are minus infinity, then zero. The sum
is taken lane by lane and then over the lanes in a fixed tree. A NaN anywhere in a row reaches all of it through the
sum.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from planish.codegen.llvm.elementary import applied
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.pieces.kernel import Kernel, Operands, Spec

MINUS_INFINITY = -math.inf


Result = Callable[[Function, Value, Value], Value]
"""What comes of x - m and s."""


def of_rows(result: Result) -> Kernel:
    """The kernel that stores `result` for each element."""
    return Kernel("image", lambda f, spec, operands: _emit(f, spec, operands, result))


def _emit(f: Function, spec: Spec, operands: Operands, result: Result) -> None:
    width = spec.shape[-1]
    with f.loop(0, spec.result.size // width) as row:
        nbytes = f.nbytes(row.index, width)
        _emit_row(f, result, f.offset(operands.inputs[0], nbytes), f.offset(operands.output, nbytes), width)


def _emit_row(f: Function, result: Result, x: Pointer, y: Pointer, width: int) -> None:
    whole, mask = width // f.lanes * f.lanes, f.tail_mask(width % f.lanes) if width % f.lanes else None
    largest = f.splat(f.largest_lane(_reduced(f, x, whole, mask, MINUS_INFINITY, None)))
    total = f.splat(f.sum_lanes(_reduced(f, x, whole, mask, 0.0, largest)))

    def store(place: Index, lanes: str | None) -> None:
        nbytes = f.nbytes(place)
        shifted = f.binary("fsub", f.load(x, nbytes, lanes), largest)
        f.store(result(f, shifted, total), y, nbytes, lanes)

    if whole:
        with f.loop(0, whole, f.lanes) as place:
            store(place.index, None)
    if mask is not None:
        store(whole, mask)


def _reduced(f: Function, x: Pointer, whole: int, mask: str | None, start: float, largest: Value | None) -> Value:
    """Lane by lane: the maximum of x, or with `largest` the sum of exp(x - largest)."""

    def joined(total: Value, value: Value) -> Value:
        if largest is None:
            return f.maximum(value, total)
        return f.binary("fadd", total, applied(f, "exp", f.binary("fsub", value, largest)))

    total = f.constant(start)
    if whole:
        with f.loop(0, whole, f.lanes, carried=[total]) as place:
            place.next(joined(place.carried[0], f.load(x, f.nbytes(place.index))))
        (total,) = place.results
    if mask is None:
        return total
    idle = f.constant(MINUS_INFINITY)
    last = f.load(x, f.floats.nbytes * whole, mask)
    return joined(total, f.let(f"select <{f.lanes} x i1> {mask}, {f.vector} {last}, {f.vector} {idle}"))
