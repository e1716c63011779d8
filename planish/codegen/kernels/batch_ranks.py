"""The place of each image's number among those of the batch.

    for n: for m: y[n] += x[m] < x[n] or (x[m] == x[n] and m < n)

One part, since there is one number of each image; N * N comparisons.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.kernel import Kernel, Operands, Spec


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    numbers, number = operands.inputs[0], f.floats.llvm
    with f.loop(0, operands.count, guarded=True) as image:
        own = f.load_float(numbers, f.nbytes(image.index))
        with f.loop(0, operands.count, carried=["0"], types=["i64"]) as other:
            seen = f.load_float(numbers, f.nbytes(other.index))
            less, equal = (f.let(f"fcmp {how} {number} {seen}, {own}") for how in ("olt", "oeq"))
            tied = f.let(f"and i1 {equal}, {f.compare('ult', other.index, image.index)}")
            before = f.let(f"zext i1 {f.let(f'or i1 {less}, {tied}')} to i64")
            other.next(str(f.add(other.carried[0], before)))
        rank = f.let(f"uitofp i64 {other.results[0]} to {number}")
        address = f.offset(operands.output, f.nbytes(image.index))
        f.emit(f"store {number} {rank}, ptr {address}, align {f.floats.nbytes}")


KERNEL = Kernel("batch", emit)
