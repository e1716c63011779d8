"""The sum of a product's parts, in their order.

    for column (in vectors): y[column] = epilogue(x[0][column] + x[1][column] + ...)

The last vector is masked. Bound by the other core's cache, where some of the parts are.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.pieces.element import Element
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, epilogue_of


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    parts, units = spec.inputs[0].shape
    epilogue = epilogue_of(f, spec, operands)

    def emit_vector(column: Index, mask: str | None) -> None:
        total = f.load(operands.inputs[0], f.nbytes(column), mask)
        for part in range(1, parts):
            at = f.offset(operands.inputs[0], f.floats.nbytes * part * units)
            total = f.binary("fadd", total, f.load(at, f.nbytes(column), mask))
        f.store(epilogue.apply(total, column, Element(column), mask), operands.output, f.nbytes(column), mask)

    over_vectors(f, units, emit_vector)


KERNEL = Kernel("image", emit)
