"""Whole numbers as f32.

    for element (in vectors): y[element] = f32(x[element])

The last vector is masked. Bound by memory: 8 bytes an element.
"""

from __future__ import annotations

from planish.codegen.llvm import vector_math
from planish.codegen.llvm.function import Function, Index
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.pieces.kernel import Kernel, Operands, Spec


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    def convert(start: Index, mask: str | None) -> None:
        nbytes = f.nbytes(start)
        bits = vector_math.as_integers(f, f.load(operands.inputs[0], nbytes, mask))  # masked loads are of f32
        f.store(vector_math.to_floats(f, bits), operands.output, nbytes, mask)

    over_vectors(f, spec.result.size, convert)


KERNEL = Kernel("image", emit)
