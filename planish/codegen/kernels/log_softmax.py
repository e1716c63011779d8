"""The logarithm of softmax along the last axis: y[k] = x[k] - m - log(s) (see `codegen.pieces.softmax_rows`)."""

from __future__ import annotations

from planish.codegen.llvm import vector_math
from planish.codegen.llvm.function import Function, Value
from planish.codegen.pieces.softmax_rows import of_rows


def _result(f: Function, shifted: Value, total: Value) -> Value:
    return f.binary("fsub", shifted, vector_math.log(f, total))


KERNEL = of_rows(_result)
