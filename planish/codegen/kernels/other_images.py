"""The images of the batch in another order.

    for n: y[n][part] = x[ranks[n]][part]          # or y[ranks[n]][part] = x[n][part]

A part is a run of an image's elements. A rank that names no image, which `batch_ranks` does not give, is taken as the
first: nothing is read or written outside of the batch. Bound by memory.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.entries import number_at
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.other_images import OtherImagesSettings

PART = 4096
"""Elements of a part: few enough for many parts, and enough that the search for the image costs nothing."""


def items(spec: Spec, target: Target) -> int:
    return -(-spec.result.size // PART)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    size = spec.result.size
    rest = size % PART
    whole = size // PART
    if whole:
        with f.loop(operands.item, f.smaller(f.add(operands.item, 1), whole), guarded=True) as part:
            _emit_part(f, spec, operands, f.multiply(part.index, PART), PART)
    if rest:
        with f.loop(f.larger(operands.item, whole), f.add(operands.item, 1), guarded=True):
            _emit_part(f, spec, operands, whole * PART, rest)


def _emit_part(f: Function, spec: Spec, operands: Operands, first: Index, count: int) -> None:
    size, ranks = spec.result.size, operands.inputs[1]
    with f.loop(0, operands.count, guarded=True) as image:
        there = number_at(f, ranks, image.index, spec.inputs[1], operands.count).entry
        read, written = (image.index, there) if OtherImagesSettings.of(spec).back else (there, image.index)
        source, target = (
            f.offset(pointer, f.nbytes(f.add(f.multiply(row, size), first)))
            for pointer, row in ((operands.inputs[0], read), (operands.output, written))
        )

        def copy(start: Index, mask: str | None) -> None:
            f.store(f.load(source, f.nbytes(start), mask), target, f.nbytes(start), mask)

        over_vectors(f, count, copy)


KERNEL = Kernel("batch", emit, items)
