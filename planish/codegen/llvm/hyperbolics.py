"""Hyperbolic functions and their inverses as vector code, by way of float64: at most 1 ulp from the exact result, the
same bits on every target."""

from __future__ import annotations

import math

from planish.codegen.llvm import float64_math as wide
from planish.codegen.llvm.function import Function, Value
from planish.codegen.llvm.vector_math import copy_sign

_SINH = tuple(1 / math.factorial(2 * n + 1) for n in range(6, -1, -1))


def _size(f: Function, x: Value) -> Value:
    return wide.wide(f, f.intrinsic("fabs", x))


def _half(f: Function, x: Value) -> Value:
    return wide.binary(f, "fmul", x, wide.constant(f, 0.5))


def _plus(f: Function, x: Value, number: float) -> Value:
    return wide.binary(f, "fadd", x, wide.constant(f, number))


def _exponentials(f: Function, size: Value) -> tuple[Value, Value]:
    """exp(size) and exp(-size)."""
    risen = wide.exp(f, size)
    return risen, wide.binary(f, "fdiv", wide.constant(f, 1.0), risen)


def sinh(f: Function, x: Value) -> Value:
    """A series below 1, half a difference of exponentials above."""
    size = _size(f, x)
    near = wide.binary(f, "fmul", size, wide.series(f, wide.binary(f, "fmul", size, size), _SINH))
    far = _half(f, wide.binary(f, "fsub", *_exponentials(f, size)))
    return copy_sign(f, wide.narrow(f, wide.select(f, "olt", size, wide.constant(f, 1.0), near, far)), x)


def cosh(f: Function, x: Value) -> Value:
    return wide.narrow(f, _half(f, wide.binary(f, "fadd", *_exponentials(f, _size(f, x)))))


def arcsinh(f: Function, x: Value) -> Value:
    """log(s + sqrt(s**2 + 1)) of the size s as log(1 + ...), which keeps all digits of a small one."""
    size = _size(f, x)
    square = wide.binary(f, "fmul", size, size)
    root = wide.intrinsic(f, "sqrt", _plus(f, square, 1.0))
    beyond = wide.binary(f, "fdiv", square, _plus(f, root, 1.0))
    beyond = wide.select(f, "oeq", size, wide.constant(f, math.inf), size, beyond)
    return copy_sign(f, wide.narrow(f, wide.log1p(f, wide.binary(f, "fadd", size, beyond))), x)


def arccosh(f: Function, x: Value) -> Value:
    """log(x + sqrt(x**2 - 1)) as log(1 + ...); what is less than 1 is not a number."""
    whole = wide.wide(f, x)
    above = _plus(f, whole, -1.0)
    root = wide.intrinsic(f, "sqrt", wide.binary(f, "fmul", above, _plus(f, whole, 1.0)))
    result = wide.log1p(f, wide.binary(f, "fadd", above, root))
    return wide.narrow(f, wide.select(f, "oge", above, wide.constant(f, 0.0), result, wide.constant(f, math.nan)))


def arctanh(f: Function, x: Value) -> Value:
    """Half of log((1 + s) / (1 - s)) of the size s as log(1 + ...)."""
    size = _size(f, x)
    ratio = wide.binary(
        f, "fdiv", wide.binary(f, "fadd", size, size), wide.binary(f, "fsub", wide.constant(f, 1.0), size)
    )
    return copy_sign(f, wide.narrow(f, _half(f, wide.log1p(f, ratio))), x)
