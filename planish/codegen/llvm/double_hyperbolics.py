"""Hyperbolic functions and their inverses in float64 programs: errors of a few units in the last place."""

from __future__ import annotations

import math

from planish.codegen.llvm.double_basics import (
    add,
    below,
    copy_sign,
    divide,
    kept_nan,
    multiply,
    plus,
    size_of,
    subtract,
    times,
)
from planish.codegen.llvm.double_exponentials import exp_times_power, log, log1p
from planish.codegen.llvm.function import Function, Value
from planish.codegen.llvm.vector_math import polynomial

_SINH = tuple(1 / math.factorial(2 * n + 1) for n in range(9, 0, -1))
_FAR = 1e8  # from here on, x**2 + 1 is x**2


def _halves(f: Function, size: Value) -> tuple[Value, Value]:
    """exp(size) / 2, which is finite for longer than exp(size), and exp(-size) / 2."""
    risen = exp_times_power(f, size, -1)
    return risen, divide(f, f.constant(0.25), risen)


def sinh(f: Function, x: Value) -> Value:
    """A series below 1, half a difference of exponentials above."""
    size = size_of(f, x)
    square = multiply(f, size, size)
    near = f.fma(multiply(f, size, square), polynomial(f, square, _SINH), size)
    far = subtract(f, *_halves(f, size))
    return copy_sign(f, f.select(below(f, size, 1.0), near, far), x)


def cosh(f: Function, x: Value) -> Value:
    return add(f, *_halves(f, size_of(f, x)))


def arcsinh(f: Function, x: Value) -> Value:
    """log(s + sqrt(s**2 + 1)) of the size s as log(1 + ...), which keeps all digits of a small one."""
    size = size_of(f, x)
    square = multiply(f, size, size)
    beyond = divide(f, square, plus(f, f.intrinsic("sqrt", plus(f, square, 1.0)), 1.0))
    near = log1p(f, add(f, size, beyond))
    far = plus(f, log(f, size), math.log(2.0))
    return copy_sign(f, f.select(below(f, size, _FAR), near, far), x)


def arccosh(f: Function, x: Value) -> Value:
    """log(x + sqrt(x**2 - 1)) as log(1 + ...); what is less than 1 is not a number."""
    above = plus(f, x, -1.0)
    root = f.intrinsic("sqrt", multiply(f, above, plus(f, x, 1.0)))
    near = log1p(f, add(f, above, root))
    far = plus(f, log(f, x), math.log(2.0))
    result = f.select(below(f, x, _FAR), near, far)
    return kept_nan(f, x, f.select(below(f, x, 1.0), f.constant(math.nan), result))


def arctanh(f: Function, x: Value) -> Value:
    """Half of log((1 + s) / (1 - s)) of the size s as log(1 + ...)."""
    size = size_of(f, x)
    ratio = divide(f, times(f, size, 2.0), subtract(f, f.constant(1.0), size))
    return copy_sign(f, times(f, log1p(f, ratio), 0.5), x)
