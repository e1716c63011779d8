"""Softmax along the last axis: y[k] = exp(x[k] - m) / s (see `codegen.pieces.softmax_rows`)."""

from __future__ import annotations

from planish.codegen.llvm.elementary import applied
from planish.codegen.llvm.function import Function, Value
from planish.codegen.pieces.softmax_rows import of_rows


def _result(f: Function, shifted: Value, total: Value) -> Value:
    return f.binary("fdiv", applied(f, "exp", shifted), total)


KERNEL = of_rows(_result)
