"""How many numbers become one: sums, products, the largest and the smallest one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from planish.codegen.llvm.function import Function, Value


@dataclass(frozen=True, slots=True)
class Combining:
    """How two vectors become one, lane by lane, and the neutral number."""

    join: Callable[[Value, Value], Value]
    neutral: Value
    adds: bool = False


def combining(f: Function, op: str) -> Combining:
    """What a reduction does, by the end of its name: reduce_max, batch_max. Means are sums at first."""
    kind = op.partition("_")[2]
    if kind == "max":
        return Combining(f.highest, f.constant(-math.inf))
    if kind == "min":
        return Combining(f.lowest, f.constant(math.inf))
    if kind == "prod":
        return Combining(lambda a, b: f.binary("fmul", a, b), f.constant(1.0))
    return Combining(lambda a, b: f.binary("fadd", a, b), f.constant(0.0), adds=True)


def lanes_combined(f: Function, value: Value, how: Combining) -> Value:
    """All lanes as one number, in all lanes; in a fixed tree."""
    if how.adds:
        return f.splat(f.sum_lanes(value))
    distance = f.lanes // 2
    while distance:
        moved = [(lane + distance) % f.lanes for lane in range(f.lanes)]
        value = how.join(value, f.shuffle(value, value, moved))
        distance //= 2
    return value
