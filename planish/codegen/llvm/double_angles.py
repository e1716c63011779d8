"""Angles in float64 programs: errors of a few units in the last place.

An angle below a million is brought near zero by four numbers that add up to pi / 2, three of them so short that their
products are exact (Cody and Waite's method), and what is left has twice the digits. Of larger angles, which are rare, a
function of its own multiplies the digits of 2 / pi that do not only add whole turns (Payne and Hanek's method), one
lane after the other.
"""

from __future__ import annotations

import functools
import math
from itertools import pairwise

from planish.codegen.llvm.double_basics import (
    BIAS,
    MAGIC,
    MANTISSA_BITS,
    Pair,
    add,
    copy_sign,
    divide,
    multiply,
    nearest,
    negative,
    plus,
    quick_sum,
    size_of,
    subtract,
    times,
    two_product,
    two_sum,
)
from planish.codegen.llvm.function import ZERO, Function, Index, Value
from planish.codegen.llvm.module import Module
from planish.codegen.llvm.vector_math import polynomial

_FARTHEST = 2.0**20  # below it, the number of quarter turns has at most 20 bits
_SHORT_BITS = 33  # of the numbers whose products with that are exact
_PI = 0x3243F6A8885A308D313198A2E03707344A4093822299F31D0082EFA98EC4E6C8  # times 2**252
# Binary digits of 2 / pi, as many as the largest number asks for; 64 zeros are in front of them.
_TWO_OVER_PI_BITS = 1280
_PI_HALF_LOW = 6.123233995736766e-17  # pi / 2 is this much more than math.pi / 2

_SIN = tuple((-1) ** n / math.factorial(2 * n + 1) for n in range(9, 0, -1))
_COS = tuple((-1) ** n / math.factorial(2 * n) for n in range(10, 1, -1))
_ARCTAN = tuple((-1) ** n / (2 * n + 1) for n in range(22, 0, -1))
_EIGHTH = math.tan(math.pi / 8)


# ------------------------------------------------------------------ numbers in the module
def _parts_of_pi_half() -> list[float]:
    """pi / 2 as three short numbers and a last one."""
    left, shift, parts = _PI, 253, []  # pi / 2 is _PI / 2**253
    for _ in range(3):
        kept = left.bit_length() - _SHORT_BITS
        part = left >> kept << kept
        parts.append(part / 2**shift)
        left -= part
    return [*parts, left / 2**shift]


@functools.cache
def _digits_of_two_over_pi() -> bytes:
    """Words of 64 bits, the most significant one first, behind a word of zeros."""
    precise = _TWO_OVER_PI_BITS + 64
    digits = (2 << (_TWO_OVER_PI_BITS + precise)) // _pi(precise)
    shifts = range(_TWO_OVER_PI_BITS - 64, -1, -64)
    return b"".join((number & (2**64 - 1)).to_bytes(8, "little") for number in (0, *(digits >> at for at in shifts)))


def _pi(bits: int) -> int:
    """pi * 2**bits, by Machin's formula."""

    def arctan_of_one_over(number: int) -> int:
        term, divisor, sign = (1 << (bits + 32)) // number, 1, 1
        total = term
        while term:
            term, divisor, sign = term // number**2, divisor + 2, -sign
            total += sign * (term // divisor)
        return total

    quarter = (arctan_of_one_over(5) << 2) - arctan_of_one_over(239)
    return quarter << 2 >> 32


# ------------------------------------------------------------------ without whole turns
def _reduced(f: Function, x: Value) -> tuple[Value, Pair]:
    """(quarter, t) with x = quarter * pi / 2 + t, but for whole turns, and |t| <= pi / 4 of twice the digits; the last
    two bits of `quarter`, which are words, count."""
    quarters = nearest(f, times(f, x, 2 / math.pi))
    *short, last = _parts_of_pi_half()
    rest, lost = x, ZERO
    for part in short:
        rest, error = two_sum(f, rest, times(f, quarters, -part))
        lost = add(f, lost, error)
    t = two_sum(f, rest, add(f, lost, times(f, quarters, -last)))
    quarters, t = _of_far_ones_too(f, x, quarters, t)
    return f.as_words(plus(f, quarters, MAGIC)), t


def _of_far_ones_too(f: Function, x: Value, quarters: Value, t: Pair) -> tuple[Value, Pair]:
    """The same with the lanes of large angles computed another way."""
    size = size_of(f, x)
    far = f.greater(size, f.constant(_FARTHEST), "oge")
    slots = [f.stack_vectors(1) for _ in range(4)]
    for value, slot in zip((size, quarters, *t), slots, strict=True):
        f.store(value, slot)
    with f.when(f.any_lane(far)):
        for slot in slots[1:]:
            f.store(ZERO, slot)
        with f.loop(0, f.lanes) as lane:
            at = [f.offset(slot, f.nbytes(lane.index)) for slot in slots]
            with f.when(f.let(f"fcmp oge double {f.load_float(at[0])}, {f.float_constant(_FARTHEST)}")):
                f.call(_function_of_far_ones(f.module), *(("ptr", pointer) for pointer in at))
        found, high, low = (f.load(slot) for slot in slots[1:])
        product, rest = two_product(f, high, f.constant(math.pi / 2))
        rest = add(f, rest, add(f, times(f, low, math.pi / 2), times(f, high, _PI_HALF_LOW)))
        chosen = [
            f.select(far, f.select(f.greater(ZERO, x), negative(f, own), own), near)
            for own, near in zip((found, *quick_sum(f, product, rest)), (quarters, *t), strict=True)
        ]
        for value, slot in zip(chosen, slots[1:], strict=True):
            f.store(value, slot)
    quarters, high, low = (f.load(slot) for slot in slots[1:])
    return quarters, (high, low)


def _function_of_far_ones(module: Module) -> str:
    """The name of a function that turns a number from `_FARTHEST` on into quarter turns: which one of four, and the
    distance from it, of twice the digits."""
    name = "quarters_of_far_angle"
    if not module.has_function(name):
        with module.function(name, ["ptr %x", "ptr %quarters", "ptr %high", "ptr %low"]) as f:
            _emit_far_one(f)
    return name


def _emit_far_one(f: Function) -> None:
    bits = f.let("load i64, ptr %x, align 8")
    field = f.let(f"lshr i64 {bits}, {MANTISSA_BITS}")
    # x = m * 2**e; what is not finite reads the last digits
    e = f.smaller(f.subtract(field, BIAS + MANTISSA_BITS), 1023 - MANTISSA_BITS)
    m = f.let(f"or i64 {f.let(f'and i64 {bits}, {2**MANTISSA_BITS - 1}')}, {2**MANTISSA_BITS}")
    first, second, third = (_wide(f, word) for word in _window(f, f.add(e, 62)))
    wide_m = _wide(f, m)
    top = f.let(f"mul i64 {m}, {_narrow(f, first)}")
    middle, last = (f.let(f"mul i128 {wide_m}, {word}") for word in (second, third))
    low = f.let(f"add i128 {last}, {f.let(f'shl i128 {middle}, 64')}")
    carry = f.let(f"zext i1 {f.let(f'icmp ult i128 {low}, {last}')} to i64")
    top = f.let(f"add i64 {top}, {_narrow(f, f.let(f'lshr i128 {middle}, 64'))}")
    top = f.let(f"add i64 {f.let(f'add i64 {top}, {carry}')}, {2**61}")  # half a quarter more, to round
    _store_number(f, f.let(f"lshr i64 {top}, 62"), "%quarters")
    rest = f.let(f"sub i64 {f.let(f'and i64 {top}, {2**62 - 1}')}, {2**61}")
    high = f.let(f"shl i128 {f.let(f'sext i64 {rest} to i128')}, 66")
    distance = f.let(f"or i128 {high}, {f.let(f'lshr i128 {low}, 62')}")  # times 2**128
    _store_distance(f, distance)


def _wide(f: Function, word: Value) -> Value:
    return f.let(f"zext i64 {word} to i128")


def _narrow(f: Function, wide: Value) -> Value:
    return f.let(f"trunc i128 {wide} to i64")


def _window(f: Function, bit: Index) -> list[Value]:
    """Three words of the digits of 2 / pi from that bit on."""
    f.module.declare("i64 @llvm.fshl.i64(i64, i64, i64)")
    place = f.offset(f.module.data(_digits_of_two_over_pi()), f.multiply(f.let(f"lshr i64 {bit}, 6"), 8))
    words = [f.load_integer(place, 8 * number) for number in range(4)]
    shift = f.let(f"and i64 {bit}, 63")
    return [
        f.let(f"call i64 @llvm.fshl.i64(i64 {word}, i64 {following}, i64 {shift})")
        for word, following in pairwise(words)
    ]


def _store_number(f: Function, whole: Value, pointer: str) -> None:
    f.store_float(f.let(f"sitofp i64 {whole} to double"), pointer)


def _store_distance(f: Function, distance: Value) -> None:
    """An i128 times 2**-128 as a number of twice the digits."""
    below_zero = f.let(f"icmp slt i128 {distance}, 0")
    opposite = f.let(f"sub i128 0, {distance}")
    size = f.let(f"select i1 {below_zero}, i128 {opposite}, i128 {distance}")
    parts = []
    for place in range(4):
        word = f.let(f"and i128 {f.let(f'lshr i128 {size}, {96 - 32 * place}')}, {2**32 - 1}")
        number = f.let(f"sitofp i64 {_narrow(f, word)} to double")
        parts.append(f.let(f"fmul double {number}, {f.float_constant(2.0 ** (-32 * (place + 1)))}"))
    high = f.let(f"fadd double {parts[0]}, {parts[1]}")
    lost = f.let(f"fsub double {parts[1]}, {f.let(f'fsub double {high}, {parts[0]}')}")
    low = f.let(f"fadd double {lost}, {f.let(f'fadd double {parts[2]}, {parts[3]}')}")
    for value, pointer in ((high, "%high"), (low, "%low")):
        opposite = f.let(f"fneg double {value}")
        f.store_float(f.let(f"select i1 {below_zero}, double {opposite}, double {value}"), pointer)


# ------------------------------------------------------------------ sines
def _sine_and_cosine(f: Function, t: Pair) -> Pair:
    """Of a small angle of twice the digits."""
    high, low = t
    square = multiply(f, high, high)
    half = times(f, square, 0.5)
    bent = multiply(f, multiply(f, high, square), polynomial(f, square, _SIN))
    sine = add(f, high, add(f, bent, multiply(f, low, subtract(f, f.constant(1.0), half))))
    most = subtract(f, f.constant(1.0), half)
    lost = subtract(f, subtract(f, f.constant(1.0), most), half)
    bent = multiply(f, multiply(f, square, square), polynomial(f, square, _COS))
    return sine, add(f, most, add(f, lost, subtract(f, bent, multiply(f, high, low))))


def _has_bit(f: Function, words: Value, bit: int) -> Value:
    found = f.on_words("and", words, f.word_constant(bit))
    return f.let(f"icmp ne {f.words} {found}, zeroinitializer")


def _of_finite(f: Function, x: Value, result: Value) -> Value:
    """`result`, not a number where x is infinite or none."""
    return f.select(f.greater(f.constant(math.inf), size_of(f, x)), result, f.constant(math.nan))


def sin(f: Function, x: Value) -> Value:
    quarter, t = _reduced(f, x)
    sine, cosine = _sine_and_cosine(f, t)
    value = f.select(_has_bit(f, quarter, 1), cosine, sine)
    value = f.select(_has_bit(f, quarter, 2), negative(f, value), value)
    return _of_finite(f, x, f.select(f.greater(x, ZERO, "oeq"), x, value))


def cos(f: Function, x: Value) -> Value:
    quarter, t = _reduced(f, x)
    sine, cosine = _sine_and_cosine(f, t)
    value = f.select(_has_bit(f, quarter, 1), negative(f, sine), cosine)
    return _of_finite(f, x, f.select(_has_bit(f, quarter, 2), negative(f, value), value))


def tan(f: Function, x: Value) -> Value:
    quarter, t = _reduced(f, x)
    sine, cosine = _sine_and_cosine(f, t)
    odd = _has_bit(f, quarter, 1)
    upper, lower = f.select(odd, negative(f, cosine), sine), f.select(odd, sine, cosine)
    return _of_finite(f, x, f.select(f.greater(x, ZERO, "oeq"), x, divide(f, upper, lower)))


# ------------------------------------------------------------------ arcs
def _arctan_of_size(f: Function, size: Value) -> Value:
    """Of size >= 0: by a series near zero, elsewhere from an angle of 45 or 90 degrees."""
    one = f.constant(1.0)
    far = f.greater(size, f.constant(1 / _EIGHTH))
    middle = f.greater(size, f.constant(_EIGHTH))
    upper = f.select(middle, subtract(f, size, one), size)
    lower = f.select(middle, add(f, size, one), one)
    upper, lower = f.select(far, f.constant(-1.0), upper), f.select(far, size, lower)
    start = f.select(far, f.constant(math.pi / 2), f.select(middle, f.constant(math.pi / 4), ZERO))
    more = f.select(far, f.constant(_PI_HALF_LOW), f.select(middle, f.constant(_PI_HALF_LOW / 2), ZERO))
    t = divide(f, upper, lower)
    square = multiply(f, t, t)
    angle = f.fma(multiply(f, t, square), polynomial(f, square, _ARCTAN), t)
    return add(f, start, add(f, angle, more))


def arctan(f: Function, x: Value) -> Value:
    return copy_sign(f, _arctan_of_size(f, size_of(f, x)), x)


def arcsin(f: Function, x: Value) -> Value:
    """The angle whose tangent is x / sqrt((1 - x) * (1 + x))."""
    size = size_of(f, x)
    square = multiply(f, subtract(f, f.constant(1.0), size), plus(f, size, 1.0))
    return copy_sign(f, _arctan_of_size(f, divide(f, size, f.intrinsic("sqrt", square))), x)


def arccos(f: Function, x: Value) -> Value:
    """Twice the angle whose tangent is sqrt((1 - x) / (1 + x))."""
    square = divide(f, subtract(f, f.constant(1.0), x), plus(f, x, 1.0))
    return times(f, _arctan_of_size(f, f.intrinsic("sqrt", square)), 2.0)


def arctan2(f: Function, y: Value, x: Value) -> Value:
    """From the tangent of the angle between the point and the axis; both zeros, and both infinities, are on the axis
    or on a diagonal, on the side that their signs tell."""
    up, across = size_of(f, y), size_of(f, x)
    tangent = f.select(f.greater(up, across, "oeq"), f.constant(1.0), divide(f, up, across))
    tangent = f.select(f.greater(add(f, up, across), ZERO, "oeq"), ZERO, tangent)
    angle = _arctan_of_size(f, tangent)
    left = f.let(f"icmp slt {f.words} {f.as_words(x)}, zeroinitializer")
    turned = add(f, subtract(f, f.constant(math.pi), angle), f.constant(2 * _PI_HALF_LOW))
    return copy_sign(f, f.select(left, turned, angle), y)


def hypot(f: Function, a: Value, b: Value) -> Value:
    """The larger side times sqrt(1 + ratio**2), which does not overflow; infinite if one side is, whatever the other
    one is."""
    sides = size_of(f, a), size_of(f, b)
    larger, smaller = f.highest(*sides), f.lowest(*sides)
    ratio = f.select(f.greater(smaller, ZERO, "oeq"), ZERO, divide(f, smaller, larger))
    result = multiply(f, larger, f.intrinsic("sqrt", plus(f, multiply(f, ratio, ratio), 1.0)))
    infinite = [f.greater(side, f.constant(math.inf), "oeq") for side in sides]
    return f.select(f.either(*infinite), f.constant(math.inf), result)
