"""Where the largest number along an axis is.

    for outer:
        for inner (in vectors):                # axes after the searched one
            for k of the axis: if x[outer, k, inner] is larger than the best one: it is the best one, and k its place
            y[outer, inner] = place

Only a larger number takes a place, so the first of equal ones stays there; NaN is larger than all numbers, and no other
NaN takes its place. If the searched axis is the last one, lanes are every `lanes`-th element of it, each with its own
best one; these are joined in a tree, where the smaller place wins among equals. Places are numbers. Bound by memory.
"""

from __future__ import annotations

import math

from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.axes import AxesSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    (axis,) = AxesSettings.of(spec).axes
    shape = spec.inputs[0].shape
    outer, extent, inner = math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])
    with f.loop(0, outer) as place:
        x = f.offset(operands.inputs[0], f.nbytes(place.index, extent * inner))
        y = f.offset(operands.output, f.nbytes(place.index, inner))
        if inner == 1:
            f.store_float(_along_lanes(f, x, extent), y)
        else:
            _beside_lanes(f, x, y, extent, inner)


def _larger(f: Function, value: Value, best: Value) -> Value:
    """A mask of lanes; NaN is larger than numbers only."""
    missing = f.both(f.greater(value, value, "uno"), f.greater(best, best, "ord"))
    return f.either(f.greater(value, best), missing)


def _beside_lanes(f: Function, x: Pointer, y: Pointer, extent: int, inner: int) -> None:
    def search(start: Index, mask: str | None) -> None:
        own = f.offset(x, f.nbytes(start))
        zero = f.constant(0.0)
        first = f.load(own, 0, mask)
        with f.loop(0, extent, carried=[first, zero, zero]) as k:
            best, place, here = k.carried
            value = f.load(own, f.nbytes(k.index, inner), mask)
            found = _larger(f, value, best)
            following = f.binary("fadd", here, f.constant(1.0))
            k.next(f.select(found, value, best), f.select(found, here, place), following)
        f.store(k.results[1], y, f.nbytes(start), mask)

    over_vectors(f, inner, search)


def _along_lanes(f: Function, x: Pointer, extent: int) -> Value:
    best, place = f.constant(-math.inf), _numbers(f)
    whole = extent // f.lanes * f.lanes
    if whole:
        with f.loop(0, whole, f.lanes, carried=[best, place, place]) as k:
            best, place, here = k.carried
            value = f.load(x, f.nbytes(k.index))
            found = _larger(f, value, best)
            following = f.binary("fadd", here, f.constant(float(f.lanes)))
            k.next(f.select(found, value, best), f.select(found, here, place), following)
        best, place, _ = k.results
    if extent > whole:
        mask = f.tail_mask(extent - whole) or ""
        value = f.load(x, f.floats.nbytes * whole, mask)
        found = f.both(mask, _larger(f, value, best))
        here = f.binary("fadd", _numbers(f), f.constant(float(whole)))
        best, place = f.select(found, value, best), f.select(found, here, place)
    return _first_of_best(f, best, place)


def _numbers(f: Function) -> Value:
    """0, 1, 2, ... in the lanes."""
    return "<" + ", ".join(f"{f.floats.llvm} {f.float_constant(lane)}" for lane in range(f.lanes)) + ">"


def _first_of_best(f: Function, best: Value, place: Value) -> Value:
    """Lanes beyond a short axis have minus infinity, and places behind all others."""
    distance = f.lanes // 2
    while distance:
        moved = [(lane + distance) % f.lanes for lane in range(f.lanes)]
        other, there = (f.shuffle(value, value, moved) for value in (best, place))
        unordered = f.both(f.greater(other, other, "uno"), f.greater(best, best, "uno"))
        alike = f.either(f.greater(other, best, "oeq"), unordered)
        found = f.either(_larger(f, other, best), f.both(alike, f.greater(place, there)))
        best, place = f.select(found, other, best), f.select(found, there, place)
        distance //= 2
    return f.let(f"extractelement {f.vector} {place}, i64 0")


KERNEL = Kernel("image", emit)
