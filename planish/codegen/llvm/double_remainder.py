"""Remainders in float64 programs: exact for all numbers.

    |a| = m * 2**p, |b| = n * 2**q                        # m and n are whole
    until p = q: m = (m * 2**k) mod n; p = p - k          # k = 10, or what is left; a smaller a is its own remainder

The remainder of whole numbers is exact, so the result is. It is computed one lane after the other, by a function of its
own.
"""

from __future__ import annotations

import math

from planish.codegen.llvm.double_basics import BIAS, MANTISSA_BITS, add, copy_sign, size_of
from planish.codegen.llvm.function import ZERO, Function, Index, Value
from planish.codegen.llvm.module import Module

_BITS = 10  # of a turn: a mantissa of 53 bits leaves room for 11
_NAME = "remainder_of_sizes"


def remainder(f: Function, a: Value, b: Value) -> Value:
    """As Python's and NumPy's: with the sign of b; not a number if b is zero or a is not finite."""
    sizes = size_of(f, a), size_of(f, b)
    _emit_function(f.module)
    slots = [f.stack_vectors(1) for _ in range(3)]
    for value, slot in zip(sizes, slots, strict=False):
        f.store(value, slot)
    with f.loop(0, f.lanes) as lane:
        f.call(_NAME, *(("ptr", f.offset(slot, f.nbytes(lane.index))) for slot in slots))
    size = f.load(slots[2])
    signed = copy_sign(f, size, a)
    signs = f.on_words("xor", f.as_words(a), f.as_words(b))
    other_sign = f.let(f"icmp slt {f.words} {signs}, zeroinitializer")
    lifted = f.select(other_sign, add(f, signed, b), signed)
    result = f.select(f.greater(size, ZERO, "oeq"), copy_sign(f, ZERO, b), lifted)
    defined = f.both(f.greater(f.constant(math.inf), sizes[0]), f.greater(sizes[1], ZERO))
    return f.select(defined, result, f.constant(math.nan))


def _emit_function(module: Module) -> None:
    if module.has_function(_NAME):
        return
    with module.function(_NAME, ["ptr %a", "ptr %b", "ptr %rest"]) as f:
        (m, p), (n, q) = (_parts(f, pointer) for pointer in ("%a", "%b"))
        n = f.let(f"select i1 {f.compare('eq', n, 0)}, i64 1, i64 {n}")  # the result is not a number, whatever this is
        ahead = f.larger(f.subtract(p, q), 0)
        turns = f.divide(f.add(ahead, _BITS - 1), _BITS)
        start = f.let(f"urem i64 {m}, {n}")
        with f.loop(0, turns, carried=[start], types=["i64"], guarded=True) as turn:
            left = f.subtract(ahead, f.multiply(turn.index, _BITS))
            moved = f.let(f"shl i64 {turn.carried[0]}, {f.smaller(left, _BITS)}")
            turn.next(f.let(f"urem i64 {moved}, {n}"))
        whole = f.let(f"sitofp i64 {turn.results[0]} to double")
        exponent = f.subtract(q, BIAS + MANTISSA_BITS)
        half = f.let(f"ashr i64 {exponent}, 1")
        scaled = whole
        for part in (half, f.subtract(exponent, half)):
            scaled = f.let(f"fmul double {scaled}, {_power_of_two(f, part)}")
        own, other = f.load_float("%a"), f.load_float("%b")
        less = f.let(f"fcmp olt double {own}, {other}")
        f.store_float(f.let(f"select i1 {less}, double {own}, double {scaled}"), "%rest")


def _parts(f: Function, pointer: str) -> tuple[Value, Index]:
    """A whole number and an exponent, with the bias, of what is at the address: not below zero."""
    bits = f.let(f"load i64, ptr {pointer}, align 8")
    field = f.let(f"lshr i64 {bits}, {MANTISSA_BITS}")
    hidden = f.let(f"select i1 {f.compare('eq', field, 0)}, i64 0, i64 {2**MANTISSA_BITS}")
    mantissa = f.let(f"or i64 {f.let(f'and i64 {bits}, {2**MANTISSA_BITS - 1}')}, {hidden}")
    return mantissa, f.larger(field, 1)


def _power_of_two(f: Function, exponent: Index) -> Value:
    biased = f.let(f"shl i64 {f.add(exponent, BIAS)}, {MANTISSA_BITS}")
    return f.let(f"bitcast i64 {biased} to double")
