"""Whole numbers as the program's numbers.

    for element (in vectors): y[element] = f32(x[element])           # or f64

The last vector is masked. Bound by memory.
"""

from __future__ import annotations

from planish.codegen.llvm import vector_math
from planish.codegen.llvm.element_type import I32
from planish.codegen.llvm.function import Function, Index
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.pieces.kernel import Kernel, Operands, Spec


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    (x,) = operands.inputs

    def convert(start: Index, mask: str | None) -> None:
        nbytes = f.nbytes(start)
        if f.floats.nbytes == I32.nbytes:
            whole = vector_math.as_integers(f, f.load(x, nbytes, mask))
        else:
            whole = f.load_integers(x, f.nbytes(start, of=I32), mask)
        f.store(vector_math.to_floats(f, whole), operands.output, nbytes, mask)

    over_vectors(f, spec.result.size, convert)


KERNEL = Kernel("image", emit)
