"""Powers by way of float64: an f32 logarithm multiplied by the exponent would lose digits of the f32 result."""

from __future__ import annotations

import math
import struct

from planish.codegen.llvm.function import ZERO, Function, Value

# log(1 + m) = 2 s (1 + s**2 / 3 + s**4 / 5 + ...) with s = m / (2 + m); |s| < 0.172 leaves an error of 2e-12.
_LOG_SERIES = tuple(2 / (2 * n + 1) for n in range(6, -1, -1))
_EXP_SERIES = tuple(1 / math.factorial(n) for n in range(9, -1, -1))
_MAGIC = 1.5 * 2.0**52  # adding it leaves the nearest integer in the lowest bits
_FARTHEST = 200.0  # exp of this is beyond f32 at both ends, and 2**n stays a float64


def _type(f: Function) -> str:
    return f"<{f.lanes} x double>"


def _constant(f: Function, number: float) -> Value:
    bits = struct.unpack("<Q", struct.pack("<d", number))[0]
    return "<" + ", ".join([f"double 0x{bits:016X}"] * f.lanes) + ">"


def _binary(f: Function, opcode: str, a: Value, b: Value) -> Value:
    return f.let(f"{opcode} {_type(f)} {a}, {b}")


def _wide(f: Function, x: Value) -> Value:
    return f.let(f"fpext {f.vector} {x} to {_type(f)}")


def _select(f: Function, predicate: str, a: Value, b: Value, chosen: Value, other: Value) -> Value:
    mask = f.let(f"fcmp {predicate} {_type(f)} {a}, {b}")
    return f.let(f"select <{f.lanes} x i1> {mask}, {_type(f)} {chosen}, {_type(f)} {other}")


def _series(f: Function, x: Value, coefficients: tuple[float, ...]) -> Value:
    total = _constant(f, coefficients[0])
    for coefficient in coefficients[1:]:
        total = _binary(f, "fadd", _binary(f, "fmul", total, x), _constant(f, coefficient))
    return total


def _log(f: Function, exponent: Value, m: Value) -> Value:
    """log(2**exponent * (1 + m)) of f32 vectors, as float64."""
    wide = _wide(f, m)
    s = _binary(f, "fdiv", wide, _binary(f, "fadd", wide, _constant(f, 2.0)))
    logarithm = _binary(f, "fmul", s, _series(f, _binary(f, "fmul", s, s), _LOG_SERIES))
    return _binary(f, "fadd", _binary(f, "fmul", _wide(f, exponent), _constant(f, math.log(2.0))), logarithm)


def _exp(f: Function, t: Value) -> Value:
    """exp of float64, rounded to f32 once, beyond its range too; NaN stays."""
    low, high = _constant(f, -_FARTHEST), _constant(f, _FARTHEST)
    bounded = _select(f, "olt", t, low, low, _select(f, "ogt", t, high, high, t))
    shifted = _binary(f, "fadd", _binary(f, "fmul", bounded, _constant(f, 1 / math.log(2.0))), _constant(f, _MAGIC))
    n = _binary(f, "fsub", shifted, _constant(f, _MAGIC))
    r = _binary(f, "fsub", bounded, _binary(f, "fmul", n, _constant(f, math.log(2.0))))
    integers = f"<{f.lanes} x i64>"
    places = "<" + ", ".join(["i64 52"] * f.lanes) + ">"
    lifted = f.let(f"shl {integers} {f.let(f'bitcast {_type(f)} {shifted} to {integers}')}, {places}")
    bits = f.let(f"bitcast {_type(f)} {_series(f, r, _EXP_SERIES)} to {integers}")
    scaled = f.let(f"bitcast {integers} {f.let(f'add {integers} {bits}, {lifted}')} to {_type(f)}")
    return f.let(f"fptrunc {_type(f)} {_select(f, 'uno', t, t, t, scaled)} to {f.vector}")


def power(f: Function, exponent: Value, m: Value, size: Value, y: Value) -> Value:
    """size ** y for size = 2**exponent * (1 + m) >= 0 and finite y; sizes of zero and infinity included."""
    wide = _wide(f, size)
    logarithm = _log(f, exponent, m)
    logarithm = _select(f, "oeq", wide, ZERO, _constant(f, -math.inf), logarithm)
    logarithm = _select(f, "oeq", wide, _constant(f, math.inf), wide, logarithm)
    logarithm = _select(f, "uno", wide, wide, wide, logarithm)
    return _exp(f, _binary(f, "fmul", _wide(f, y), logarithm))
