"""What the elementary functions of float64 programs are made of: bits of numbers, and numbers of twice the digits.

A number of twice the digits is a pair of a number and a correction of at most half a unit in its last place. Sums and
products of two numbers are exact as pairs, with or without fused multiply-add.
"""

from __future__ import annotations

from planish.codegen.llvm.function import ZERO, Function, Value

Pair = tuple[Value, Value]

MAGIC = 1.5 * 2.0**52  # adding it leaves the nearest integer in the lowest bits
BIAS, MANTISSA_BITS = 1023, 52
SMALLEST_NORMAL = 2.0**-1022
_SPLIT = 2.0**27 + 1  # cuts a number into two of 26 bits (Veltkamp and Dekker)
_SIGN = -(2**63)


def add(f: Function, a: Value, b: Value) -> Value:
    return f.binary("fadd", a, b)


def subtract(f: Function, a: Value, b: Value) -> Value:
    return f.binary("fsub", a, b)


def multiply(f: Function, a: Value, b: Value) -> Value:
    return f.binary("fmul", a, b)


def divide(f: Function, a: Value, b: Value) -> Value:
    return f.binary("fdiv", a, b)


def plus(f: Function, x: Value, number: float) -> Value:
    return f.binary("fadd", x, f.constant(number))


def times(f: Function, x: Value, number: float) -> Value:
    return f.binary("fmul", x, f.constant(number))


def size_of(f: Function, x: Value) -> Value:
    return f.intrinsic("fabs", x)


def negative(f: Function, x: Value) -> Value:
    return f.let(f"fneg {f.vector} {x}")


def below(f: Function, x: Value, number: float) -> Value:
    """A mask of the lanes that are smaller than a number."""
    return f.greater(f.constant(number), x)


def kept_nan(f: Function, x: Value, result: Value) -> Value:
    return f.select(f.greater(x, x, "uno"), x, result)


def clamped(f: Function, x: Value, low: float, high: float) -> Value:
    """x within bounds; NaN stays."""
    return f.maximum(f.constant(low), f.minimum(f.constant(high), x))


def nearest(f: Function, x: Value) -> Value:
    """The nearest integer, for |x| < 2**51."""
    return subtract(f, plus(f, x, MAGIC), f.constant(MAGIC))


def rint(f: Function, x: Value) -> Value:
    """The nearest integer, the even one of two."""
    size = size_of(f, x)
    whole = subtract(f, plus(f, size, 2.0**52), f.constant(2.0**52))
    return f.select(below(f, size, 2.0**52), copy_sign(f, whole, x), x)


def floor(f: Function, x: Value) -> Value:
    """The largest integer not above x."""
    whole = rint(f, x)
    lower = f.select(f.greater(whole, x), plus(f, whole, -1.0), whole)
    return f.select(f.greater(lower, ZERO, "oeq"), copy_sign(f, ZERO, x), lower)


def copy_sign(f: Function, size: Value, sign: Value) -> Value:
    bit = f.on_words("and", f.as_words(sign), f.word_constant(_SIGN))
    own = f.on_words("and", f.as_words(size), f.word_constant(~_SIGN))
    return f.as_numbers(f.on_words("or", own, bit))


def power_of_two(f: Function, n: Value) -> Value:
    """2**n for whole numbers -1022 <= n <= 1023."""
    lowest = f.as_words(plus(f, n, MAGIC + BIAS))
    return f.as_numbers(f.on_words("shl", lowest, f.word_constant(MANTISSA_BITS)))


def scaled(f: Function, value: Value, n: Value) -> Value:
    """value * 2**n in two steps, so that results below the smallest normal number, and n = 1024, come out right."""
    half = nearest(f, times(f, n, 0.5))
    return multiply(f, multiply(f, value, power_of_two(f, half)), power_of_two(f, subtract(f, n, half)))


def two_sum(f: Function, a: Value, b: Value) -> Pair:
    total = add(f, a, b)
    other = subtract(f, total, a)
    return total, add(f, subtract(f, a, subtract(f, total, other)), subtract(f, b, other))


def quick_sum(f: Function, large: Value, small: Value) -> Pair:
    """The same where the first number is not smaller than the second."""
    total = add(f, large, small)
    return total, subtract(f, small, subtract(f, total, large))


def _halves(f: Function, x: Value) -> Pair:
    moved = times(f, x, _SPLIT)
    high = subtract(f, moved, subtract(f, moved, x))
    return high, subtract(f, x, high)


def two_product(f: Function, a: Value, b: Value) -> Pair:
    """For numbers, and a product, below 2**990."""
    product = multiply(f, a, b)
    (a_high, a_low), (b_high, b_low) = _halves(f, a), _halves(f, b)
    error = subtract(f, multiply(f, a_high, b_high), product)
    error = add(f, error, multiply(f, a_high, b_low))
    error = add(f, error, multiply(f, a_low, b_high))
    return product, add(f, error, multiply(f, a_low, b_low))
