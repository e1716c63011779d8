"""Exponentials and logarithms of float64 programs, and what is made of them: errors of a few units in the last place.

Arguments are brought near zero as Cody and Waite do it, and the functions are the Taylor series there. Nothing is
called, so programs stay self-contained.
"""

from __future__ import annotations

import functools
import math

from planish.codegen.llvm.double_basics import (
    MANTISSA_BITS,
    SMALLEST_NORMAL,
    Pair,
    add,
    below,
    clamped,
    copy_sign,
    divide,
    floor,
    kept_nan,
    multiply,
    nearest,
    negative,
    plus,
    power_of_two,
    quick_sum,
    scaled,
    size_of,
    subtract,
    times,
    two_product,
    two_sum,
)
from planish.codegen.llvm.function import ZERO, Function, Value
from planish.codegen.llvm.vector_math import polynomial

# ln 2 in two numbers: the first so short that its products with exponents are exact.
_LN2_HIGH = float.fromhex("0x1.62e42fee00000p-1")
_LN2_LOW = float.fromhex("0x1.a39ef35793c76p-33")
_LN2_LOWEST = float.fromhex("0x1.cc01f97b57a08p-87")
_LOG2_E, _LOG2_E_LOW = 1.4426950408889634, 2.0355273740931033e-17
_LOG10_E, _LOG10_E_LOW = 0.4342944819032518, 1.098319650216765e-17
_EXP_LARGEST, _EXP_SMALLEST = 720.0, -746.0
_EXP_LARGEST_FINITE = 710.0
_EXP = tuple(1 / math.factorial(n) for n in range(14, 1, -1))  # of (exp(r) - 1 - r) / r**2, for |r| < 0.35
_ATANH = tuple(2 / (2 * n + 1) for n in range(12, 0, -1))  # of log((1 + s) / (1 - s)) / s - 2, for |s| < 0.172
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_LARGEST_POWER = 2.0**100  # y beyond it makes every x**y 0, 1 or infinite, as |log x| is at least 2**-53


# ------------------------------------------------------------------ exponentials
def _reduced(f: Function, x: Value) -> tuple[Value, Value]:
    """(n, r) with x = n * ln 2 + r and |r| <= ln 2 / 2."""
    n = nearest(f, times(f, x, _LOG2_E))
    r = f.fma(n, f.constant(-_LN2_HIGH), x)
    return n, f.fma(n, f.constant(-_LN2_LOW), r)


def _without_one(f: Function, r: Value) -> Value:
    """exp(r) - 1 of a small r."""
    return f.fma(multiply(f, r, r), polynomial(f, r, _EXP), r)


def exp(f: Function, x: Value) -> Value:
    return exp_times_power(f, x, 0)


def exp_times_power(f: Function, x: Value, power: int) -> Value:
    """exp(x) * 2**power, which may be finite where exp(x) is not."""
    n, r = _reduced(f, clamped(f, x, _EXP_SMALLEST, _EXP_LARGEST))
    return kept_nan(f, x, scaled(f, plus(f, _without_one(f, r), 1.0), plus(f, n, float(power)) if power else n))


def _exp_of_pair(f: Function, x: Pair) -> Value:
    """exp of a number of twice the digits."""
    high, low = x
    n, r = _reduced(f, clamped(f, high, _EXP_SMALLEST, _EXP_LARGEST))
    r = add(f, r, f.select(below(f, size_of(f, high), -_EXP_SMALLEST), low, ZERO))
    return kept_nan(f, high, scaled(f, plus(f, _without_one(f, r), 1.0), n))


def expm1(f: Function, x: Value) -> Value:
    """2**n * (exp(r) - 1) + (2**n - 1), of which half is computed, as 2**1024 does not exist; it keeps all digits of a
    small x."""
    n, r = _reduced(f, clamped(f, x, -40.0, _EXP_LARGEST_FINITE))
    scale = power_of_two(f, plus(f, n, -1.0))
    half = f.fma(_without_one(f, r), scale, plus(f, scale, -0.5))
    tiny = below(f, size_of(f, x), 1e-17)
    return kept_nan(f, x, f.select(tiny, x, times(f, half, 2.0)))


def tanh(f: Function, x: Value) -> Value:
    """e / (e + 2) with e = exp(2 |x|) - 1; the result is 1 from 20 on."""
    size = size_of(f, x)
    risen = expm1(f, times(f, f.minimum(f.constant(20.0), size), 2.0))
    result = divide(f, risen, plus(f, risen, 2.0))
    return kept_nan(f, x, copy_sign(f, f.select(below(f, size, 1e-9), size, result), x))


def sigmoid(f: Function, x: Value) -> Value:
    """1 / (1 + e) or e / (1 + e) with e = exp(-|x|): no overflow, full accuracy at both ends."""
    small = exp(f, negative(f, size_of(f, x)))
    numerator = f.select(f.greater(ZERO, x), small, f.constant(1.0))
    return kept_nan(f, x, divide(f, numerator, plus(f, small, 1.0)))


# ------------------------------------------------------------------ logarithms
def _log_parts(f: Function, x: Value) -> tuple[Value, Value]:
    """(exponent, m) with x = 2**exponent * (1 + m), sqrt(1/2) <= 1 + m < sqrt(2), for positive x, denormal or not."""
    denormal = below(f, x, SMALLEST_NORMAL)
    normal = f.select(denormal, times(f, x, 2.0**54), x)
    shifted = f.on_words("sub", f.as_words(normal), f.word_constant(_SQRT_HALF_BITS))
    whole = f.on_words("ashr", shifted, f.word_constant(MANTISSA_BITS))
    # An integer below 2**51 becomes a number by way of bits: not every processor converts 64-bit integers.
    magic = 0x4338000000000000
    exponent = plus(f, f.as_numbers(f.on_words("add", whole, f.word_constant(magic))), -1.5 * 2.0**52)
    exponent = f.select(denormal, plus(f, exponent, -54.0), exponent)
    fraction = f.on_words("and", shifted, f.word_constant(2**MANTISSA_BITS - 1))
    mantissa = f.on_words("add", fraction, f.word_constant(_SQRT_HALF_BITS))
    return exponent, plus(f, f.as_numbers(mantissa), -1.0)


def _log_sum(f: Function, exponent: Value, m: Value) -> Value:
    """exponent * ln 2 + log(1 + m), the latter as m - m**2 / 2 + s * (m**2 / 2 + rest), s = m / (2 + m)."""
    s = divide(f, m, plus(f, m, 2.0))
    square = multiply(f, s, s)
    rest = multiply(f, square, polynomial(f, square, _ATANH))
    half = times(f, multiply(f, m, m), 0.5)
    tail = f.fma(exponent, f.constant(_LN2_LOW), multiply(f, s, add(f, half, rest)))
    correction = subtract(f, subtract(f, half, tail), m)
    return f.fma(exponent, f.constant(_LN2_HIGH), negative(f, correction))


def _at_the_ends(f: Function, x: Value, result: Value) -> Value:
    """What a logarithm is where x is zero, infinite or negative; elsewhere `result`."""
    result = f.select(f.greater(x, ZERO, "oeq"), f.constant(-math.inf), result)
    result = f.select(f.greater(x, f.constant(math.inf), "oeq"), x, result)
    return f.select(f.greater(x, ZERO, "uge"), kept_nan(f, x, result), f.constant(math.nan))


def log(f: Function, x: Value) -> Value:
    return _at_the_ends(f, x, _log_sum(f, *_log_parts(f, x)))


def log2(f: Function, x: Value) -> Value:
    """The exponent and the mantissa's logarithm: exact for powers of 2."""
    exponent, m = _log_parts(f, x)
    high, low = _times_pair(f, _log_of_mantissa(f, m), _LOG2_E, _LOG2_E_LOW)
    total, rest = two_sum(f, exponent, high)
    return _at_the_ends(f, x, add(f, total, add(f, rest, low)))


def log10(f: Function, x: Value) -> Value:
    high, low = _times_pair(f, _log_pair(f, *_log_parts(f, x)), _LOG10_E, _LOG10_E_LOW)
    return _at_the_ends(f, x, add(f, high, low))


def _times_pair(f: Function, x: Pair, factor: float, factor_low: float) -> Pair:
    high, low = two_product(f, x[0], f.constant(factor))
    return high, add(f, low, add(f, times(f, x[1], factor), times(f, x[0], factor_low)))


def log1p(f: Function, x: Value) -> Value:
    """log(1 + x), corrected by what the rounding of 1 + x lost."""
    total = plus(f, x, 1.0)
    lost = subtract(f, x, plus(f, total, -1.0))
    corrected = add(f, log(f, total), divide(f, lost, total))
    ordinary = f.select(below(f, x, 1e30), corrected, log(f, x))
    edge = f.select(f.greater(x, f.constant(-1.0), "oeq"), f.constant(-math.inf), ordinary)
    tiny = below(f, size_of(f, x), 1e-17)
    return kept_nan(f, x, f.select(tiny, x, edge))


def _above_the_bend(f: Function, x: Value) -> Value:
    """log1p(exp(-|x|)): how far softplus is from max(x, 0)."""
    return log1p(f, exp(f, negative(f, size_of(f, x))))


def softplus(f: Function, x: Value) -> Value:
    return add(f, f.maximum(ZERO, x), _above_the_bend(f, x))


def sigmoid_cross_entropy(f: Function, x: Value, y: Value) -> Value:
    """max(x, 0) - x * y + log1p(exp(-|x|)), the differences first: they cancel exactly where the loss is small."""
    straight = subtract(f, f.maximum(ZERO, x), multiply(f, x, y))
    return add(f, straight, _above_the_bend(f, x))


def logaddexp(f: Function, a: Value, b: Value) -> Value:
    """The larger one, and what is above the bend; equal ones, which may be infinite, are log(2) below the result."""
    result = add(f, f.highest(a, b), _above_the_bend(f, subtract(f, a, b)))
    return f.select(f.greater(a, b, "oeq"), plus(f, a, math.log(2.0)), result)


# ------------------------------------------------------------------ powers
def _log_of_mantissa(f: Function, m: Value) -> Pair:
    """log(1 + m) of twice the digits: 2 s and the rest of its series, s = m / (2 + m) of twice the digits."""
    below_high, below_low = two_sum(f, m, f.constant(2.0))
    s = divide(f, m, below_high)
    product, product_low = two_product(f, s, below_high)
    missing = subtract(f, subtract(f, subtract(f, m, product), product_low), multiply(f, s, below_low))
    s_low = divide(f, missing, below_high)
    square = multiply(f, s, s)
    rest = multiply(f, multiply(f, square, s), polynomial(f, square, _ATANH))
    high, low = quick_sum(f, times(f, s, 2.0), rest)
    return quick_sum(f, high, add(f, low, times(f, s_low, 2.0)))


def _log_pair(f: Function, exponent: Value, m: Value) -> Pair:
    """exponent * ln 2 + log(1 + m) of twice the digits."""
    high, low = _log_of_mantissa(f, m)
    total, rest = two_sum(f, times(f, exponent, _LN2_HIGH), high)
    product, product_low = two_product(f, exponent, f.constant(_LN2_LOW))
    more, left = two_sum(f, total, product)
    rest = add(f, add(f, rest, left), add(f, low, f.fma(exponent, f.constant(_LN2_LOWEST), product_low)))
    return quick_sum(f, more, rest)


def power(f: Function, x: Value, y: Value) -> Value:
    """exp(y * log |x|), negative for x below zero (or -0) and an odd y; NaN for a negative x and a y that is not an
    integer."""
    size = size_of(f, x)
    result = _power_of_size(f, size, y)
    whole = f.greater(floor(f, y), y, "oeq")
    half = times(f, y, 0.5)
    odd = f.greater(floor(f, half), half, "une")
    signed = f.select(whole, f.select(odd, copy_sign(f, result, x), result), result)
    unreal = f.select(f.greater(x, f.constant(-math.inf)), f.constant(math.nan), result)
    chosen = f.select(f.greater(ZERO, x), f.select(whole, signed, unreal), signed)
    one = f.select(f.greater(y, ZERO, "oeq"), f.constant(1.0), chosen)
    return f.select(f.greater(x, f.constant(1.0), "oeq"), f.constant(1.0), one)


def _power_of_size(f: Function, size: Value, y: Value) -> Value:
    high, low = _log_pair(f, *_log_parts(f, size))
    exponent = clamped(f, y, -_LARGEST_POWER, _LARGEST_POWER)
    product, rest = two_product(f, exponent, high)
    rest = f.fma(exponent, low, rest)
    result = _exp_of_pair(f, quick_sum(f, product, rest))
    falling = f.greater(ZERO, y)
    at_zero = f.select(falling, f.constant(math.inf), ZERO)
    result = f.select(f.greater(size, ZERO, "oeq"), at_zero, result)
    at_infinity = f.select(falling, ZERO, f.constant(math.inf))
    result = f.select(f.greater(size, f.constant(math.inf), "oeq"), at_infinity, result)
    result = f.select(f.greater(y, y, "uno"), y, result)
    return kept_nan(f, size, result)


# ------------------------------------------------------------------ the error function
_ERF_NEAR = 1.0
_ERF_SMALL = tuple((-1) ** n * 2 / math.sqrt(math.pi) / (math.factorial(n) * (2 * n + 1)) for n in range(19, 0, -1))
_ERF_SLOPE, _ERF_SLOPE_LOW = 2 / math.sqrt(math.pi), 1.533545961316588e-17
_DEGREE, _SAMPLES = 30, 64


def _scaled_complement(x: float) -> float:
    """exp(x**2) * (1 - erf(x)), by Laplace's continued fraction where the factors become too large or too small."""
    if x < 5:
        return math.exp(x * x) * math.erfc(x)
    fraction = x
    for level in range(60, 0, -1):
        fraction = x + level / 2 / fraction
    return 1 / (fraction * math.sqrt(math.pi))


@functools.cache
def _chebyshev() -> tuple[float, ...]:
    """Coefficients for (scaled complement of x) as a function of u = 4 / (2 + x) - 1, which is within -1 and 1."""
    angles = [math.pi * (place + 0.5) / _SAMPLES for place in range(_SAMPLES)]
    values = [_scaled_complement(4 / (1 + math.cos(angle)) - 2) for angle in angles]
    return tuple(
        2 / _SAMPLES * math.fsum(value * math.cos(n * angle) for value, angle in zip(values, angles, strict=True))
        for n in range(_DEGREE)
    )


def erf(f: Function, x: Value) -> Value:
    """The Taylor series near zero; beyond, 1 - exp(-x**2) times a sum of Chebyshev's polynomials (Clenshaw's rule)."""
    size = f.minimum(f.constant(6.0), size_of(f, x))
    square = multiply(f, size, size)
    series = multiply(f, multiply(f, size, square), polynomial(f, square, _ERF_SMALL))
    near = f.fma(size, f.constant(_ERF_SLOPE), f.fma(size, f.constant(_ERF_SLOPE_LOW), series))
    u = plus(f, divide(f, f.constant(4.0), plus(f, size, 2.0)), -1.0)
    first, *others = _chebyshev()
    ahead, behind = ZERO, ZERO
    for coefficient in reversed(others):
        twice = times(f, u, 2.0)
        ahead, behind = add(f, subtract(f, multiply(f, twice, ahead), behind), f.constant(coefficient)), ahead
    total = add(f, subtract(f, multiply(f, u, ahead), behind), f.constant(first / 2))
    far = subtract(f, f.constant(1.0), multiply(f, exp(f, negative(f, square)), total))
    return kept_nan(f, x, copy_sign(f, f.select(below(f, size, _ERF_NEAR), near, far), x))
