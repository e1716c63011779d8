"""Remainders as vector code: exact for all f32 numbers, so the same bits on every target.

    r = |a|; for d in |b| * 2**252, |b| * 2**224, ..., |b|: r = r - d * round(r / d), + d if that is negative

A round leaves less than d of what was less than d * 2**28. So the quotient has at most 28 bits, its product with d is
exact in float64, and so is the difference, which is a multiple of d's last place. f32 numbers are less than 2**277
apart.
"""

from __future__ import annotations

import math

from planish.codegen.llvm import float64_math as wide
from planish.codegen.llvm.function import ZERO, Function, Value
from planish.codegen.llvm.vector_math import copy_sign

_BITS, _ROUNDS = 28, 10
_LARGER_THAN_ALL = 2.0**129


def remainder(f: Function, a: Value, b: Value) -> Value:
    """As Python's and NumPy's: with the sign of b; not a number if b is zero or a is not finite."""
    divisor = wide.wide(f, f.intrinsic("fabs", b))
    most = wide.constant(f, _LARGER_THAN_ALL)
    bounded = wide.select(f, "ogt", divisor, most, most, divisor)  # infinity times zero is not a number
    first = wide.binary(f, "fmul", bounded, wide.constant(f, 2.0 ** (_BITS * (_ROUNDS - 1))))
    left = wide.wide(f, f.intrinsic("fabs", a))
    with f.loop(0, _ROUNDS, carried=[left, first], types=[wide.vector(f)] * 2) as turn:
        rest, part = turn.carried
        turn.next(_reduced(f, rest, part), wide.binary(f, "fmul", part, wide.constant(f, 2.0**-_BITS)))
    rest = turn.results[0]
    nothing = wide.compare(f, "oeq", rest, ZERO)
    size = wide.narrow(f, rest)
    other_sign = f.let(f"icmp slt {f.integers} {_bits_that_differ(f, a, b)}, zeroinitializer")
    signed = wide.wide(f, copy_sign(f, size, a))
    lifted = wide.choose(f, other_sign, wide.binary(f, "fadd", signed, wide.wide(f, b)), signed)
    return f.select(nothing, copy_sign(f, ZERO, b), wide.narrow(f, lifted))


def _bits_that_differ(f: Function, a: Value, b: Value) -> Value:
    bits = [f.let(f"bitcast {f.vector} {x} to {f.integers}") for x in (a, b)]
    return f.integer("xor", *bits)


def _reduced(f: Function, rest: Value, part: Value) -> Value:
    ratio = wide.binary(f, "fdiv", rest, part)
    ratio = wide.select(f, "oge", ratio, wide.constant(f, math.inf), wide.constant(f, math.nan), ratio)
    times = wide.nearest(f, ratio)
    smaller = wide.binary(f, "fsub", rest, wide.binary(f, "fmul", times, part))
    return wide.select(f, "olt", smaller, ZERO, wide.binary(f, "fadd", smaller, part), smaller)
