"""Linear recurrences along an axis: y[k] = a[k] * y[k - 1] + b[k] (see `codegen.pieces.scanning`)."""

from __future__ import annotations

from collections.abc import Sequence

from planish.codegen.llvm.function import Value
from planish.codegen.pieces.scanning import Instruction, scan


def _following(instruction: Instruction, before: Value, entries: Sequence[Value]) -> Value:
    return instruction("fadd", instruction("fmul", entries[0], before), entries[1])


KERNEL = scan(_following)
