"""What float64 vectors are for: f32 functions whose intermediate results need more digits than f32 has.

Nothing here is fused, so results have the same bits on every target, and are rounded to f32 once. A vector has as many
float64 elements as the function's f32 vectors have.
"""

from __future__ import annotations

import math
import struct

from planish.codegen.llvm.function import ZERO, Function, Value

# log(1 + m) = 2 s (1 + s**2 / 3 + s**4 / 5 + ...) with s = m / (2 + m); |s| < 0.172 leaves an error of 2e-12.
_LOG_SERIES = tuple(2 / (2 * n + 1) for n in range(6, -1, -1))
_EXP_SERIES = tuple(1 / math.factorial(n) for n in range(9, -1, -1))
MAGIC = 1.5 * 2.0**52  # adding it leaves the nearest integer in the lowest bits
_FARTHEST = 200.0  # exp of this is beyond f32 at both ends, and 2**n stays a float64
_SQRT_HALF_BITS, _BIAS, _MANTISSA = 0x3FE6A09E667F3BCD, 1023, 2**52 - 1
_NEAR_ONE = 0.25


def vector(f: Function) -> str:
    return f"<{f.lanes} x double>"


def _integers(f: Function) -> str:
    return f"<{f.lanes} x i64>"


def constant(f: Function, number: float) -> Value:
    bits = struct.unpack("<Q", struct.pack("<d", number))[0]
    return "<" + ", ".join([f"double 0x{bits:016X}"] * f.lanes) + ">"


def _integer_constant(f: Function, number: int) -> Value:
    return "<" + ", ".join([f"i64 {number}"] * f.lanes) + ">"


def binary(f: Function, opcode: str, a: Value, b: Value) -> Value:
    return f.let(f"{opcode} {vector(f)} {a}, {b}")


def _integer(f: Function, opcode: str, a: Value, b: Value) -> Value:
    return f.let(f"{opcode} {_integers(f)} {a}, {b}")


def bits_of(f: Function, x: Value) -> Value:
    return f.let(f"bitcast {vector(f)} {x} to {_integers(f)}")


def _of_bits(f: Function, bits: Value) -> Value:
    return f.let(f"bitcast {_integers(f)} {bits} to {vector(f)}")


def wide(f: Function, x: Value) -> Value:
    """f32 as float64."""
    return f.let(f"fpext {f.vector} {x} to {vector(f)}")


def narrow(f: Function, x: Value) -> Value:
    """float64 rounded to f32."""
    return f.let(f"fptrunc {vector(f)} {x} to {f.vector}")


def compare(f: Function, predicate: str, a: Value, b: Value) -> Value:
    """A mask of lanes."""
    return f.let(f"fcmp {predicate} {vector(f)} {a}, {b}")


def has_bit(f: Function, integers: Value, bit: int) -> Value:
    """A mask of the lanes in which an i64 has the bit."""
    found = _integer(f, "and", integers, _integer_constant(f, bit))
    return f.let(f"icmp ne {_integers(f)} {found}, zeroinitializer")


def choose(f: Function, mask: Value, a: Value, b: Value) -> Value:
    return f.let(f"select <{f.lanes} x i1> {mask}, {vector(f)} {a}, {vector(f)} {b}")


def select(f: Function, predicate: str, a: Value, b: Value, chosen: Value, other: Value) -> Value:
    return choose(f, compare(f, predicate, a, b), chosen, other)


def nearest(f: Function, x: Value) -> Value:
    """The nearest integer, for |x| < 2**51."""
    return binary(f, "fsub", binary(f, "fadd", x, constant(f, MAGIC)), constant(f, MAGIC))


def negative(f: Function, x: Value) -> Value:
    return f.let(f"fneg {vector(f)} {x}")


def intrinsic(f: Function, name: str, x: Value) -> Value:
    """sqrt or fabs."""
    function = f"{vector(f)} @llvm.{name}.v{f.lanes}f64"
    f.module.declare(f"{function}({vector(f)})")
    return f.let(f"call {function}({vector(f)} {x})")


def series(f: Function, x: Value, coefficients: tuple[float, ...]) -> Value:
    """By Horner's rule, highest power first."""
    total = constant(f, coefficients[0])
    for coefficient in coefficients[1:]:
        total = binary(f, "fadd", binary(f, "fmul", total, x), constant(f, coefficient))
    return total


def log_of_parts(f: Function, exponent: Value, m: Value) -> Value:
    """log(2**exponent * (1 + m)), sqrt(1/2) <= 1 + m < sqrt(2)."""
    s = binary(f, "fdiv", m, binary(f, "fadd", m, constant(f, 2.0)))
    logarithm = binary(f, "fmul", s, series(f, binary(f, "fmul", s, s), _LOG_SERIES))
    return binary(f, "fadd", binary(f, "fmul", exponent, constant(f, math.log(2.0))), logarithm)


def log1p(f: Function, z: Value) -> Value:
    """log(1 + z), with all digits of a small z; -1 gives minus infinity, what is less is not a number."""
    total = binary(f, "fadd", z, constant(f, 1.0))
    shifted = _integer(f, "sub", bits_of(f, total), _integer_constant(f, _SQRT_HALF_BITS - (_BIAS << 52)))
    biased = _integer(f, "lshr", shifted, _integer_constant(f, 52))
    whole = f.integer("sub", f.let(f"trunc {_integers(f)} {biased} to {f.integers}"), f.integer_constant(_BIAS))
    exponent = f.let(f"sitofp {f.integers} {whole} to {vector(f)}")
    fraction = _integer(f, "and", shifted, _integer_constant(f, _MANTISSA))
    mantissa = _of_bits(f, _integer(f, "add", fraction, _integer_constant(f, _SQRT_HALF_BITS)))
    near = compare(f, "olt", intrinsic(f, "fabs", z), constant(f, _NEAR_ONE))
    m = choose(f, near, z, binary(f, "fsub", mantissa, constant(f, 1.0)))
    result = log_of_parts(f, choose(f, near, ZERO, exponent), m)
    result = select(f, "oeq", z, constant(f, -1.0), constant(f, -math.inf), result)
    result = select(f, "oeq", z, constant(f, math.inf), z, result)
    return select(f, "oge", z, constant(f, -1.0), result, constant(f, math.nan))


def exp(f: Function, t: Value) -> Value:
    """exp of what is bounded to +-200, where results are beyond f32; NaN stays."""
    low, high = constant(f, -_FARTHEST), constant(f, _FARTHEST)
    bounded = select(f, "olt", t, low, low, select(f, "ogt", t, high, high, t))
    shifted = binary(f, "fadd", binary(f, "fmul", bounded, constant(f, 1 / math.log(2.0))), constant(f, MAGIC))
    n = binary(f, "fsub", shifted, constant(f, MAGIC))
    r = binary(f, "fsub", bounded, binary(f, "fmul", n, constant(f, math.log(2.0))))
    lifted = _integer(f, "shl", bits_of(f, shifted), _integer_constant(f, 52))
    scaled = _of_bits(f, _integer(f, "add", bits_of(f, series(f, r, _EXP_SERIES)), lifted))
    return select(f, "uno", t, t, t, scaled)


def power(f: Function, exponent: Value, m: Value, size: Value, y: Value) -> Value:
    """size ** y for f32 size = 2**exponent * (1 + m) >= 0 and finite y; sizes of zero and infinity included."""
    base = wide(f, size)
    logarithm = log_of_parts(f, wide(f, exponent), wide(f, m))
    logarithm = select(f, "oeq", base, ZERO, constant(f, -math.inf), logarithm)
    logarithm = select(f, "oeq", base, constant(f, math.inf), base, logarithm)
    logarithm = select(f, "uno", base, base, base, logarithm)
    return narrow(f, exp(f, binary(f, "fmul", wide(f, y), logarithm)))
