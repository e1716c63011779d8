"""Reads one image from the user's array and converts it.

    for i: y[i] = f32(x[i])       # or i32(x[i]), for labels

x has any of NumPy's numeric element types. Vectors come first, then single elements, so that nothing is read beyond the
image.
"""

from __future__ import annotations

from contextlib import nullcontext

from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.function import Function, Index
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.user_elements import (
    load_elements,
)
from planish.primitives.rewritten.load_input import LoadInputSettings

GRAIN_VECTORS = 64


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    size = spec.result.size
    whole = size // f.lanes * f.lanes
    run = GRAIN_VECTORS * f.lanes
    first, last = operands.over(-(-size // run))
    if whole:
        start, stop = (0, whole) if operands.grains is None else (f.multiply(first, run), _end(f, last, run, whole))
        with f.loop(start, stop, f.lanes, guarded=operands.grains is not None) as place:
            _convert(f, spec, operands, place.index, f.lanes)
    if size > whole:
        has_last = f.when(f.compare("sgt", f.multiply(last, run), whole)) if operands.grains else nullcontext()
        with has_last, f.loop(whole, size) as place:
            _convert(f, spec, operands, place.index, 1)


def _end(f: Function, last: Index, run: int, whole: int) -> Index:
    return f.smaller(f.multiply(last, run), whole)


def grains(spec: Spec, target: Target) -> int:
    """Runs of elements."""
    return -(-spec.result.size // (GRAIN_VECTORS * target.lanes))


def _convert(f: Function, spec: Spec, operands: Operands, place: Index, count: int) -> None:
    own = element_type(spec.result.dtype)
    wanted = own.llvm
    converted = load_elements(f, LoadInputSettings.of(spec).memory_dtype, operands.inputs[0], place, count, wanted)
    result = f"<{count} x {wanted}>" if count > 1 else wanted
    address = f.offset(operands.output, f.multiply(place, own.nbytes))
    f.emit(f"store {result} {converted}, ptr {address}, align {own.nbytes}")


KERNEL = Kernel("image", emit, grains=grains)
