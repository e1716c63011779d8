"""Elementary functions as vector code: polynomials and bit operations, the same bits on every operating system.

Coefficients of log and tanh are those of Cephes (Stephen L. Moshier), which are public facts of approximation theory;
those of exp, erf and log1p up to 1 make the largest relative error smallest: 0.04 ulp of 1 + r + r**2 * p(r), 0.3 ulp
of erf, 0.04 ulp of log1p. The range reductions are Cody and Waite's. Errors are at most 2 ulp with fused multiply-add,
4 ulp without it and for `erf` and `softplus`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce

from planish.codegen.llvm import float64_math
from planish.codegen.llvm.function import ZERO, Function, Value

_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 0.693359375, -2.12194440e-4
_EXP = (1.381450449116528e-3, 8.368762210011482e-3, 4.166839271783829e-2, 1.666651964187622e-1, 4.999999403953552e-1)
_EXP_LARGEST, _EXP_SMALLEST = 88.8, -104.0
_SIGMOID_LARGEST = 30.0  # the result is 1 from 17.33 on
_SIGMOID_UP = 64  # 2**-151, the smallest power that is asked for, times 2**64 is a normal number
_LOG = (
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
_TANH = (-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1)
_TANH_NEAR, _TANH_LARGEST = 0.625, 10.0  # the result is 1 from 9.02 on
_HALF_EXP_OF_TWICE = tuple(coefficient * 2.0**power for coefficient, power in zip(_EXP, (5, 4, 3, 2, 1), strict=True))
_ERF = (
    3.5804292565444484e-5, -3.481176099739969e-4, 1.1692526750266552e-3, 3.0336136114783585e-4,
    -1.9378038123250008e-2, 1.0282903909683228e-1, 6.366151571273804e-1, 1.128379225730896,
)  # fmt: skip
_LOG1P_TO_1 = (
    -3.290468594059348e-3, 2.0086241886019707e-2, -5.745723098516464e-2, 1.0661128163337708e-1, -1.5344880521297455e-1,
    1.9692102074623108e-1, -2.4958018958568573e-1, 3.3330464363098145e-1, -4.999993145465851e-1,
)  # fmt: skip
_ERF_LARGEST = 4.0  # the result is 1 from 3.83 on
_LARGEST = 2.0**127 * (2 - 2.0**-23)
_MAGIC = 12582912.0  # 1.5 * 2**23: adding and subtracting it rounds to an integer
_MOST_IN_A_ROW = 3  # terms of a polynomial
_SQRT_HALF_BITS, _MANTISSA = 0x3F3504F3, 0x007FFFFF


def polynomial(f: Function, x: Value, coefficients: Sequence[float], square: Value | None = None) -> Value:
    """Highest power first. Pairs of terms, then pairs of these, as Estrin does it, since they do not wait for each
    other; the last three by Horner's rule. `square` is x * x, if that is there."""
    terms, power = [f.constant(coefficient) for coefficient in coefficients], x
    while len(terms) > _MOST_IN_A_ROW:
        head, rest = terms[: len(terms) % 2], terms[len(terms) % 2 :]
        terms = [*head, *(f.fma(higher, power, lower) for higher, lower in zip(rest[::2], rest[1::2], strict=True))]
        power, square = square or f.binary("fmul", power, power), None
    return _in_a_row(f, power, terms)


def _in_a_row(f: Function, x: Value, terms: Sequence[Value]) -> Value:
    """By Horner's rule, which takes the fewest operations."""
    return reduce(lambda total, term: f.fma(total, x, term), terms)


def as_integers(f: Function, x: Value) -> Value:
    return f.let(f"bitcast {f.vector} {x} to {f.integers}")


def as_floats(f: Function, x: Value) -> Value:
    return f.let(f"bitcast {f.integers} {x} to {f.vector}")


def to_integers(f: Function, x: Value) -> Value:
    return f.let(f"fptosi {f.vector} {x} to {f.integers}")


def to_floats(f: Function, x: Value) -> Value:
    return f.let(f"sitofp {f.integers} {x} to {f.vector}")


def nearest(f: Function, x: Value) -> Value:
    """The nearest integer, for |x| < 2**22."""
    return f.binary("fsub", f.binary("fadd", x, f.constant(_MAGIC)), f.constant(_MAGIC))


def floor(f: Function, x: Value) -> Value:
    """The largest integer not above x, without an instruction that the oldest processors lack."""
    small = f.greater(f.constant(2.0**23), f.intrinsic("fabs", x))
    whole = to_floats(f, to_integers(f, f.select(small, x, ZERO)))
    lower = f.select(f.greater(whole, x), f.binary("fsub", whole, f.constant(1.0)), whole)
    return f.select(small, _with_sign(f, lower, x), x)


def rint(f: Function, x: Value) -> Value:
    """The nearest integer, the even one of two."""
    size = f.intrinsic("fabs", x)
    whole = f.binary("fsub", f.binary("fadd", size, f.constant(2.0**23)), f.constant(2.0**23))
    return f.select(f.greater(f.constant(2.0**23), size), copy_sign(f, whole, x), x)


def _with_sign(f: Function, value: Value, sign: Value) -> Value:
    """`value`, whose zero takes the sign of `sign`."""
    zero = f.greater(value, ZERO, "oeq")
    signed = as_floats(f, f.integer("and", as_integers(f, sign), f.integer_constant(-(2**31))))
    return f.select(zero, signed, value)


def _power_of_two(f: Function, n: Value) -> Value:
    """2**n for integers -126 <= n <= 127."""
    return as_floats(f, f.integer("shl", f.integer("add", n, f.integer_constant(127)), f.integer_constant(23)))


def _scaled(f: Function, value: Value, n: Value) -> Value:
    """value * 2**n in two steps, so that results below the smallest normal number, and n = 128, come out right."""
    half = f.integer("ashr", n, f.integer_constant(1))
    rest = f.integer("sub", n, half)
    return f.binary("fmul", f.binary("fmul", value, _power_of_two(f, half)), _power_of_two(f, rest))


def _reduced(f: Function, x: Value) -> tuple[Value, Value]:
    """(n, r) with x = n * ln 2 + r and |r| <= ln 2 / 2; n as a float."""
    n = nearest(f, f.binary("fmul", x, f.constant(_LOG2_E)))
    r = f.fma(n, f.constant(-_LN2_HIGH), x)
    return n, f.fma(n, f.constant(-_LN2_LOW), r)


def _clamped(f: Function, x: Value, low: float, high: float) -> Value:
    """x within bounds; NaN stays."""
    return f.maximum(f.constant(low), f.minimum(f.constant(high), x))


def exp(f: Function, x: Value) -> Value:
    bounded = _clamped(f, x, _EXP_SMALLEST, _EXP_LARGEST)
    n, r = _reduced(f, bounded)
    tail = f.fma(f.binary("fmul", r, r), polynomial(f, r, _EXP), r)
    value = f.binary("fadd", tail, f.constant(1.0))
    defined = f.select(f.greater(x, x, "uno"), ZERO, n)
    scaled = _scaled(f, value, to_integers(f, defined))
    return f.select(f.greater(x, x, "uno"), x, scaled)


def _exp_parts(f: Function, x: Value, up: int) -> tuple[Value, Value]:
    """(2**(n + up), e**r - 1) with x = n * ln 2 + r, for -127 < n + up < 128. NaN stays in the second one."""
    power, n = _rounded_power(f, x, _LOG2_E, up)
    r = f.fma(n, f.constant(-_LN2_HIGH), x)
    r = f.fma(n, f.constant(-_LN2_LOW), r)
    square = f.binary("fmul", r, r)
    return power, f.fma(square, polynomial(f, r, _EXP, square), r)


def _rounded_power(f: Function, x: Value, factor: float, up: int) -> tuple[Value, Value]:
    """(2**(n + up), n) with n the nearest integer to x * factor.

    What is added, so that it is rounded to n, makes the lowest nine bits those of the power's exponent.
    """
    magic = f.constant(_MAGIC + 127 + up)
    shifted = f.fma(x, f.constant(factor), magic)
    power = as_floats(f, f.integer("shl", as_integers(f, shifted), f.integer_constant(23)))
    return power, f.binary("fsub", shifted, magic)


def expm1(f: Function, x: Value) -> Value:
    """exp(x) - 1: 2**n * (expm1(r)) + (2**n - 1), which keeps all digits of a small x."""
    bounded = _clamped(f, x, -20.0, _EXP_LARGEST)
    n, r = _reduced(f, bounded)
    tail = f.fma(f.binary("fmul", r, r), polynomial(f, r, _EXP), r)
    power = to_integers(f, f.select(f.greater(x, x, "uno"), ZERO, n))
    half = f.integer("sub", power, f.integer_constant(1))  # 2**128 does not exist: half of everything, then doubled
    scale = _power_of_two(f, half)
    whole = f.fma(tail, scale, f.binary("fsub", scale, f.constant(0.5)))
    result = f.binary("fmul", whole, f.constant(2.0))
    tiny = f.greater(f.constant(1e-8), f.intrinsic("fabs", x))
    return f.select(f.greater(x, x, "uno"), x, f.select(tiny, x, result))


def _log_parts(f: Function, x: Value) -> tuple[Value, Value]:
    """(exponent, m) with x = 2**exponent * (1 + m), sqrt(1/2) <= 1 + m < sqrt(2), for positive x, denormal or not."""
    denormal = f.greater(f.constant(1.1754943508222875e-38), x)
    normal = f.select(denormal, f.binary("fmul", x, f.constant(2.0**23)), x)
    shifted = f.integer("sub", as_integers(f, normal), f.integer_constant(_SQRT_HALF_BITS))
    exponent = to_floats(f, f.integer("ashr", shifted, f.integer_constant(23)))
    exponent = f.select(denormal, f.binary("fsub", exponent, f.constant(23.0)), exponent)
    fraction = f.integer("and", shifted, f.integer_constant(_MANTISSA))
    mantissa = f.integer("add", fraction, f.integer_constant(_SQRT_HALF_BITS))
    return exponent, f.binary("fsub", as_floats(f, mantissa), f.constant(1.0))


def _log_sum(f: Function, exponent: Value, m: Value) -> Value:
    square = f.binary("fmul", m, m)
    tail = f.binary("fmul", f.binary("fmul", square, m), polynomial(f, m, _LOG))
    tail = f.fma(exponent, f.constant(_LN2_LOW), tail)
    tail = f.fma(square, f.constant(-0.5), tail)
    return f.fma(exponent, f.constant(_LN2_HIGH), f.binary("fadd", m, tail))


def log(f: Function, x: Value) -> Value:
    return _at_the_ends_of_log(f, x, _log_sum(f, *_log_parts(f, x)))


def log2(f: Function, x: Value) -> Value:
    """The exponent and the mantissa's logarithm, added in float64: exact for powers of 2."""
    exponent, m = (float64_math.wide(f, part) for part in _log_parts(f, x))
    fraction = float64_math.log_of_parts(f, float64_math.constant(f, 0.0), m)
    fraction = float64_math.binary(f, "fmul", fraction, float64_math.constant(f, 1 / math.log(2.0)))
    return _at_the_ends_of_log(f, x, float64_math.narrow(f, float64_math.binary(f, "fadd", exponent, fraction)))


def log10(f: Function, x: Value) -> Value:
    logarithm = float64_math.log_of_parts(f, *(float64_math.wide(f, part) for part in _log_parts(f, x)))
    scaled = float64_math.binary(f, "fmul", logarithm, float64_math.constant(f, 1 / math.log(10.0)))
    return _at_the_ends_of_log(f, x, float64_math.narrow(f, scaled))


def _at_the_ends_of_log(f: Function, x: Value, result: Value) -> Value:
    """What a logarithm is where x is zero, infinite or negative; elsewhere `result`."""
    result = f.select(f.greater(x, ZERO, "oeq"), f.constant(-math.inf), result)
    result = f.select(f.greater(x, f.constant(math.inf), "oeq"), x, result)
    return f.select(f.greater(x, ZERO, "uge"), f.select(f.greater(x, x, "uno"), x, result), f.constant(math.nan))


def log1p(f: Function, x: Value) -> Value:
    """log(1 + x), corrected by what the rounding of 1 + x lost."""
    total = f.binary("fadd", x, f.constant(1.0))
    lost = f.binary("fsub", x, f.binary("fsub", total, f.constant(1.0)))
    corrected = f.binary("fadd", log(f, total), f.binary("fdiv", lost, total))
    tiny = f.greater(f.constant(1e-7), f.intrinsic("fabs", x))
    ordinary = f.select(f.greater(f.constant(1e30), x), corrected, log(f, x))
    edge = f.select(f.greater(x, f.constant(-1.0), "oeq"), f.constant(-math.inf), ordinary)
    return f.select(tiny, x, f.select(f.greater(x, x, "uno"), x, edge))


def sigmoid(f: Function, x: Value) -> Value:
    """e / (1 + e) with e = exp(x), both sides times 2**64: full accuracy at both ends, below the smallest normal number
    as well. NaN goes through all of it."""
    bounded = _clamped(f, x, _EXP_SMALLEST, _SIGMOID_LARGEST)
    power, tail = _exp_parts(f, bounded, _SIGMOID_UP)
    risen = f.fma(tail, power, power)
    return f.binary("fdiv", risen, f.binary("fadd", risen, f.constant(2.0**_SIGMOID_UP)))


def tanh(f: Function, x: Value) -> Value:
    """A polynomial near zero; 1 - 1 / ((exp(2 |x|) + 1) / 2), with the sign of x, beyond. A NaN goes through both.

    The exponential of 2 |x| is computed from |x|, with doubled constants. What is lost by rounding n * ln 2 to one
    number is far below the last place of the result.
    """
    size = f.intrinsic("fabs", x)
    square = f.binary("fmul", x, x)
    near = f.fma(f.binary("fmul", square, size), _in_a_row(f, square, [f.constant(term) for term in _TANH]), size)
    bounded = f.minimum(f.constant(_TANH_LARGEST), size)
    power, n = _rounded_power(f, bounded, 2 * _LOG2_E, 0)
    r = f.fma(n, f.constant(-math.log(2.0) / 2), bounded)
    squared = f.binary("fmul", r, r)
    tail = f.fma(squared, polynomial(f, r, _HALF_EXP_OF_TWICE, squared), r)
    risen = f.fma(tail, power, f.fma(power, f.constant(0.5), f.constant(0.5)))
    far = f.binary("fsub", f.constant(1.0), f.binary("fdiv", f.constant(1.0), risen))
    return _signed(f, f.select(f.greater(f.constant(_TANH_NEAR), size), near, far), x)


def _signed(f: Function, size: Value, sign: Value) -> Value:
    """`copy_sign` of what has no sign."""
    bit = f.integer("and", as_integers(f, sign), f.integer_constant(-(2**31)))
    return as_floats(f, f.integer("or", as_integers(f, size), bit))


def copy_sign(f: Function, size: Value, sign: Value) -> Value:
    bit = f.integer("and", as_integers(f, sign), f.integer_constant(-(2**31)))
    return as_floats(f, f.integer("or", f.integer("and", as_integers(f, size), f.integer_constant(2**31 - 1)), bit))


def softplus(f: Function, x: Value) -> Value:
    """max(x, 0) + log1p(exp(-|x|))."""
    return f.binary("fadd", f.maximum(ZERO, x), _above_the_bend(f, x))


def sigmoid_cross_entropy(f: Function, x: Value, y: Value) -> Value:
    """max(x, 0) - x * y + log1p(exp(-|x|)), the differences first: they cancel exactly where the loss is small."""
    straight = f.binary("fsub", f.maximum(ZERO, x), f.binary("fmul", x, y))
    return f.binary("fadd", straight, _above_the_bend(f, x))


def logaddexp(f: Function, a: Value, b: Value) -> Value:
    """The larger one, and what is above the bend; equal ones, which may be infinite, are log(2) below the result."""
    larger = f.highest(a, b)
    result = f.binary("fadd", larger, _above_the_bend(f, f.binary("fsub", a, b)))
    return f.select(f.greater(a, b, "oeq"), f.binary("fadd", a, f.constant(math.log(2.0))), result)


def _above_the_bend(f: Function, x: Value) -> Value:
    """log1p(t) with t = exp(-|x|): how far softplus is from max(x, 0). The only special value is NaN, which stays."""
    t = exp(f, f.let(f"fneg {f.vector} {f.intrinsic('fabs', x)}"))
    square = f.binary("fmul", t, t)
    return f.fma(square, polynomial(f, t, _LOG1P_TO_1, square), t)


def erf(f: Function, x: Value) -> Value:
    """1 - exp(-s * q(s)) with the sign of x, for its size s: q is a polynomial for -log(erfc(s)) / s. A NaN goes
    through all of it."""
    size = f.minimum(f.constant(_ERF_LARGEST), f.intrinsic("fabs", x))
    exponent = f.binary("fmul", size, polynomial(f, size, _ERF))
    power, tail = _exp_parts(f, f.let(f"fneg {f.vector} {exponent}"), 0)
    lost = f.binary("fsub", f.constant(1.0), power)
    falling = f.let(f"fneg {f.vector} {tail}")
    return _signed(f, f.fma(falling, power, lost), x)


def power(f: Function, x: Value, y: Value) -> Value:
    """exp(y * log |x|) in float64, negative for x below zero (or -0) and an odd y.

    NaN for a negative x and a y that is not an integer.
    """
    size = f.intrinsic("fabs", x)
    result = float64_math.power(f, *_log_parts(f, size), size, _clamped(f, y, -_LARGEST, _LARGEST))
    whole = f.greater(floor(f, y), y, "oeq")
    half = f.binary("fmul", y, f.constant(0.5))
    odd = f.greater(floor(f, half), half, "une")
    signed = f.select(whole, f.select(odd, copy_sign(f, result, x), result), result)
    unreal = f.select(f.greater(x, f.constant(-math.inf)), f.constant(math.nan), result)
    chosen = f.select(f.greater(ZERO, x), f.select(whole, signed, unreal), signed)
    one = f.select(f.greater(y, ZERO, "oeq"), f.constant(1.0), chosen)
    return f.select(f.greater(x, f.constant(1.0), "oeq"), f.constant(1.0), one)
