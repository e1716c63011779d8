"""Elementary functions as vector code."""

from __future__ import annotations

from planish.codegen.function import Function, Value


def floor(f: Function, x: Value) -> Value:
    return f.intrinsic("floor", x)
