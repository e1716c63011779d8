"""Angles as vector code, by way of float64: at most 1 ulp from the exact result, the same bits on every target.

A large angle is brought near zero with as many digits of 2 / pi as f32's largest number asks for (Payne and Hanek's
method): the digits that only add whole turns are left out, the others are three float64 numbers so short that the
products are exact. No table is read: f32 has so few exponents that four sets of digits do.
"""

from __future__ import annotations

import math

from planish.codegen.llvm import float64_math as wide
from planish.codegen.llvm.function import ZERO, Function, Value
from planish.codegen.llvm.vector_math import copy_sign

_TWO_OVER_PI = 0xA2F9836E4E441529FC2757D1F534DDC0DB6295993C439041FE5163ABDEBBC561  # times 2**256
_WINDOW = 26  # binary orders of magnitude from one set of digits to the next
_FIRST_BITS, _SECOND_BITS = 27, 56  # binary places of the first number, and of the first two

_SIN = tuple((-1) ** n / math.factorial(2 * n + 1) for n in range(5, -1, -1))
_COS = tuple((-1) ** n / math.factorial(2 * n) for n in range(6, -1, -1))
_ARCTAN = tuple((-1) ** n / (2 * n + 1) for n in range(13, -1, -1))
_EIGHTH = math.tan(math.pi / 8)


def _digits(number: int) -> tuple[float, float, float]:
    """2**(number * _WINDOW) * 2 / pi without multiples of 4, as three float64 numbers."""
    kept = (_TWO_OVER_PI << number * _WINDOW) & ((1 << 258) - 1)
    first = kept >> (256 - _FIRST_BITS) << (256 - _FIRST_BITS)
    second = (kept - first) >> (256 - _SECOND_BITS) << (256 - _SECOND_BITS)
    return first / 2**256, second / 2**256, (kept - first - second) / 2**256


def _without_turns(f: Function, product: Value) -> Value:
    turns = wide.nearest(f, wide.binary(f, "fmul", product, wide.constant(f, 0.25)))
    return wide.binary(f, "fsub", product, wide.binary(f, "fmul", turns, wide.constant(f, 4.0)))


def _reduced(f: Function, x: Value) -> tuple[Value, Value]:
    """(quadrant, t) with x = quadrant * pi / 2 + t, without whole turns, |t| <= pi / 4; the quadrant's last two bits
    are those of an i64."""
    first, second, third = (wide.constant(f, digits) for digits in _digits(0))
    scaled, size = wide.wide(f, x), f.intrinsic("fabs", x)
    for number in range(1, 4):
        large = f.greater(size, f.constant(2.0 ** (24 + number * _WINDOW)), "oge")
        first, second, third = (
            wide.choose(f, large, wide.constant(f, digits), smaller)
            for digits, smaller in zip(_digits(number), (first, second, third), strict=True)
        )
        closer = wide.binary(f, "fmul", scaled, wide.constant(f, 2.0**-_WINDOW))
        scaled = wide.choose(f, large, closer, scaled)
    parts = [_without_turns(f, wide.binary(f, "fmul", scaled, digits)) for digits in (first, second)]
    shifted = wide.binary(f, "fadd", wide.binary(f, "fadd", *parts), wide.constant(f, wide.MAGIC))
    quadrant = wide.binary(f, "fsub", shifted, wide.constant(f, wide.MAGIC))
    rest = wide.binary(f, "fadd", wide.binary(f, "fsub", parts[0], quadrant), parts[1])
    rest = wide.binary(f, "fadd", rest, wide.binary(f, "fmul", scaled, third))
    return wide.bits_of(f, shifted), wide.binary(f, "fmul", rest, wide.constant(f, math.pi / 2))


def _sine_and_cosine(f: Function, t: Value) -> tuple[Value, Value]:
    square = wide.binary(f, "fmul", t, t)
    return wide.binary(f, "fmul", t, wide.series(f, square, _SIN)), wide.series(f, square, _COS)


def _signed(f: Function, value: Value, mask: Value) -> Value:
    return wide.choose(f, mask, wide.negative(f, value), value)


def sin(f: Function, x: Value) -> Value:
    quadrant, t = _reduced(f, x)
    sine, cosine = _sine_and_cosine(f, t)
    value = wide.choose(f, wide.has_bit(f, quadrant, 1), cosine, sine)
    return wide.narrow(f, _signed(f, value, wide.has_bit(f, quadrant, 2)))


def cos(f: Function, x: Value) -> Value:
    quadrant, t = _reduced(f, x)
    sine, cosine = _sine_and_cosine(f, t)
    value = wide.choose(f, wide.has_bit(f, quadrant, 1), wide.negative(f, sine), cosine)
    return wide.narrow(f, _signed(f, value, wide.has_bit(f, quadrant, 2)))


def tan(f: Function, x: Value) -> Value:
    quadrant, t = _reduced(f, x)
    sine, cosine = _sine_and_cosine(f, t)
    odd = wide.has_bit(f, quadrant, 1)
    upper, lower = wide.choose(f, odd, wide.negative(f, cosine), sine), wide.choose(f, odd, sine, cosine)
    return wide.narrow(f, wide.binary(f, "fdiv", upper, lower))


def _arctan_of_size(f: Function, size: Value) -> Value:
    """Of size >= 0: by a series near zero, elsewhere from an angle of 45 or 90 degrees."""
    one = wide.constant(f, 1.0)
    far = wide.compare(f, "ogt", size, wide.constant(f, 1 / _EIGHTH))
    middle = wide.compare(f, "ogt", size, wide.constant(f, _EIGHTH))
    upper = wide.choose(f, middle, wide.binary(f, "fsub", size, one), size)
    lower = wide.choose(f, middle, wide.binary(f, "fadd", size, one), one)
    upper, lower = wide.choose(f, far, wide.constant(f, -1.0), upper), wide.choose(f, far, size, lower)
    start = wide.choose(f, middle, wide.constant(f, math.pi / 4), ZERO)
    start = wide.choose(f, far, wide.constant(f, math.pi / 2), start)
    t = wide.binary(f, "fdiv", upper, lower)
    angle = wide.binary(f, "fmul", t, wide.series(f, wide.binary(f, "fmul", t, t), _ARCTAN))
    return wide.binary(f, "fadd", start, angle)


def arctan(f: Function, x: Value) -> Value:
    return copy_sign(f, wide.narrow(f, _arctan_of_size(f, wide.wide(f, f.intrinsic("fabs", x)))), x)


def _complement(f: Function, x: Value) -> Value:
    """1 - x."""
    return wide.binary(f, "fsub", wide.constant(f, 1.0), x)


def arcsin(f: Function, x: Value) -> Value:
    """The angle whose tangent is x / sqrt((1 - x) * (1 + x))."""
    size = wide.wide(f, f.intrinsic("fabs", x))
    square = wide.binary(f, "fmul", _complement(f, size), wide.binary(f, "fadd", size, wide.constant(f, 1.0)))
    tangent = wide.binary(f, "fdiv", size, wide.intrinsic(f, "sqrt", square))
    return copy_sign(f, wide.narrow(f, _arctan_of_size(f, tangent)), x)


def arccos(f: Function, x: Value) -> Value:
    """Twice the angle whose tangent is sqrt((1 - x) / (1 + x))."""
    whole = wide.wide(f, x)
    square = wide.binary(f, "fdiv", _complement(f, whole), wide.binary(f, "fadd", whole, wide.constant(f, 1.0)))
    half = _arctan_of_size(f, wide.intrinsic(f, "sqrt", square))
    return wide.narrow(f, wide.binary(f, "fadd", half, half))


def arctan2(f: Function, y: Value, x: Value) -> Value:
    """From the tangent of the angle between the point and the axis; both zeros, and both infinities, are on the axis
    or on a diagonal, on the side that their signs tell."""
    up, across = (wide.wide(f, f.intrinsic("fabs", part)) for part in (y, x))
    tangent = wide.binary(f, "fdiv", up, across)
    tangent = wide.select(f, "oeq", up, across, wide.constant(f, 1.0), tangent)
    nowhere = wide.binary(f, "fadd", up, across)
    tangent = wide.select(f, "oeq", nowhere, ZERO, ZERO, tangent)
    angle = _arctan_of_size(f, tangent)
    left = f.let(f"icmp slt {f.integers} {f.let(f'bitcast {f.vector} {x} to {f.integers}')}, zeroinitializer")
    turned = wide.binary(f, "fsub", wide.constant(f, math.pi), angle)
    return copy_sign(f, wide.narrow(f, wide.choose(f, left, turned, angle)), y)


def hypot(f: Function, a: Value, b: Value) -> Value:
    """Infinite if one side is, whatever the other one is."""
    squares = [wide.binary(f, "fmul", side, side) for side in (wide.wide(f, a), wide.wide(f, b))]
    result = wide.narrow(f, wide.intrinsic(f, "sqrt", wide.binary(f, "fadd", *squares)))
    infinite = [f.greater(f.intrinsic("fabs", side), f.constant(math.inf), "oeq") for side in (a, b)]
    return f.select(f.either(*infinite), f.constant(math.inf), result)
