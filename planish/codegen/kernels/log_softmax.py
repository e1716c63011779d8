"""The logarithm of softmax along the last axis: y[k] = x[k] - m - log(s) (see `codegen.pieces.softmax_rows`)."""

from __future__ import annotations

from planish.codegen.llvm.elementary import applied
from planish.codegen.llvm.function import Function, Value
from planish.codegen.pieces.softmax_rows import of_rows


def _result(f: Function, shifted: Value, total: Value) -> Value:
    return f.binary("fsub", shifted, applied(f, "log", total))


KERNEL = of_rows(_result)
