"""Kernels that look, while they read images, for what is not finite.

    seen += x * 0               # NaN from then on, if x is NaN or infinite
    if seen is NaN: alarm = 1

The alarm ends the run in front of the step (see `steps`), which costs less than reading all images once more before.
"""

from __future__ import annotations

from planish.codegen.function import ZERO, Function, Pointer, Value
from planish.codegen.kernel import Spec


def watches(spec: Spec) -> bool:
    """Whether a kernel of dense layers on images looks: in f32, other types may overflow when they are converted."""
    return bool(spec.attributes["memory_dtype"] == "float32")


def with_not_finite(f: Function, seen: Value, value: Value) -> Value:
    """`seen` with NaN in those lanes, too, where `value` is not finite."""
    return f.fma(value, ZERO, seen)


def raise_alarm(f: Function, seen: Value, alarm: Pointer) -> None:
    """If any lane is NaN."""
    with f.when(f.any_lane(f.greater(seen, seen, "uno"))):
        f.emit(f"store i64 1, ptr {alarm}, align 8")
