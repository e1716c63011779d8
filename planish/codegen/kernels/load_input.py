"""Reads one image from the user's array and converts it.

    for i: y[i] = f32(x[i])       # or i32(x[i]), for labels

x has any of NumPy's numeric element types. Vectors come first, then single elements, so that nothing is read beyond the
image.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.function import Function, Index
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.items import grains_of_elements, vectors_of_grains
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.user_elements import (
    load_elements,
)
from planish.primitives.rewritten.load_input import LoadInputSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    size = spec.result.size
    whole = size // f.lanes * f.lanes
    start: Index = 0
    stop: Index = whole
    has_last: AbstractContextManager[None] = nullcontext()
    if operands.grains is not None:
        start, stop, condition = vectors_of_grains(f, size, operands.grains)
        has_last = f.when(condition)
    if whole:
        with f.loop(start, stop, f.lanes, guarded=operands.grains is not None) as place:
            _convert(f, spec, operands, place.index, f.lanes)
    if size > whole:
        with has_last, f.loop(whole, size) as place:
            _convert(f, spec, operands, place.index, 1)


def grains(spec: Spec, target: Target) -> int:
    """Runs of elements."""
    return grains_of_elements(spec.result.size, target.lanes)


def _convert(f: Function, spec: Spec, operands: Operands, place: Index, count: int) -> None:
    own = element_type(spec.result.dtype)
    wanted = own.llvm
    converted = load_elements(f, LoadInputSettings.of(spec).memory_dtype, operands.inputs[0], place, count, wanted)
    result = f"<{count} x {wanted}>" if count > 1 else wanted
    address = f.offset(operands.output, f.multiply(place, own.nbytes))
    f.emit(f"store {result} {converted}, ptr {address}, align {own.nbytes}")


KERNEL = Kernel("image", emit, grains=grains)
