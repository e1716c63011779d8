"""Running products along an axis: y[k] = y[k - 1] * x[k] (see `codegen.pieces.scanning`)."""

from __future__ import annotations

from collections.abc import Sequence

from planish.codegen.llvm.function import Value
from planish.codegen.pieces.scanning import Instruction, scan


def _following(instruction: Instruction, before: Value, entries: Sequence[Value]) -> Value:
    return instruction("fmul", before, entries[0])


KERNEL = scan(_following)
