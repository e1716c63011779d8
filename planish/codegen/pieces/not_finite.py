"""Kernels that check images for values that are not finite while they read them.

    seen += x * 0               # NaN from then on, if x is NaN or infinite
    if seen is NaN: alarm = 1

The alarm ends the run before the step (see `steps`), which costs less than reading all images once more beforehand.
"""

from __future__ import annotations

from planish.codegen.llvm.function import ZERO, Function, Pointer, Value
from planish.codegen.pieces.kernel import Spec
from planish.primitives.rewritten.load_input import LoadInputSettings


def checks_images(spec: Spec) -> bool:
    """Whether a kernel of dense layers on images checks: in f32 only, as other types may overflow when converted."""
    return LoadInputSettings.of(spec).memory_dtype == "float32"


def with_not_finite(f: Function, seen: Value, value: Value) -> Value:
    """`seen` with NaN in those lanes, too, where `value` is not finite."""
    return f.fma(value, ZERO, seen)


def raise_alarm(f: Function, seen: Value, alarm: Pointer) -> None:
    """If any lane is NaN."""
    with f.when(f.any_lane(f.greater(seen, seen, "uno"))):
        f.emit(f"store i64 1, ptr {alarm}, align 8")
