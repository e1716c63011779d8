"""Places of maxima that the kernel of the first operand, a convolution and its pool, writes beside its result."""

from __future__ import annotations

from planish.codegen.llvm.function import Function
from planish.codegen.pieces.kernel import Kernel, Operands, Spec


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    """Nothing is left to do."""


KERNEL = Kernel("image", emit)
