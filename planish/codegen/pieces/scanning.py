"""Running sums, products, and linear recurrences along an axis.

    for outer:
        for inner (in vectors):                 # axes after it; one element after another if there are none
            y[first] = b[first]
            for k of the axis, in order: y[k] = y[k - 1] + x[k]      # or y[k - 1] * x[k], or a[k] * y[k - 1] + b[k]

Each entry waits for the one before; rows of the axes after it fill the lanes. The last vector is masked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.loops import over_vectors
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.scan import ScanSettings

Instruction = Callable[[str, Value, Value], Value]
Following = Callable[[Instruction, Value, Sequence[Value]], Value]
"""The next value of a scan, from the one before it and the operands' entries; it writes instructions."""

Store = Callable[[Value, Index], None]


def scan(following: Following) -> Kernel:
    """The kernel of a scan that goes on in this way."""
    return Kernel("image", lambda f, spec, operands: _emit(f, spec, operands, following))


def _emit(f: Function, spec: Spec, operands: Operands, following: Following) -> None:
    axis = ScanSettings.of(spec).axis
    outer, inner = math.prod(spec.shape[:axis]), math.prod(spec.shape[axis + 1 :])
    with f.loop(0, outer) as place:
        start = f.nbytes(place.index, spec.shape[axis] * inner)
        x, y = [f.offset(pointer, start) for pointer in operands.inputs], f.offset(operands.output, start)
        if inner == 1:
            _scan(
                f,
                spec,
                following,
                f.floats.llvm,
                f.floats.nbytes,
                lambda at: [f.load_float(each, at) for each in x],
                _into_floats(f, y),
            )
        else:
            over_vectors(f, inner, lambda first, mask: _beside(f, spec, following, x, y, inner, first, mask))


def _into_floats(f: Function, y: Pointer) -> Store:
    return lambda value, at: f.store_float(value, y, at)


def _beside(
    f: Function,
    spec: Spec,
    following: Following,
    x: Sequence[Pointer],
    y: Pointer,
    inner: int,
    first: Index,
    mask: str | None,
) -> None:
    own = [f.offset(pointer, f.nbytes(first)) for pointer in (*x, y)]

    def load(at: Index) -> list[Value]:
        return [f.load(pointer, at, mask) for pointer in own[:-1]]

    _scan(
        f, spec, following, f.vector, f.floats.nbytes * inner, load, lambda value, at: f.store(value, own[-1], at, mask)
    )


def _scan(
    f: Function,
    spec: Spec,
    following: Following,
    type_: str,
    step: int,
    load: Callable[[Index], list[Value]],
    store: Store,
) -> None:
    """Entries are `step` bytes apart."""

    def instruction(opcode: str, a: Value, b: Value) -> Value:
        return f.let(f"{opcode} {type_} {a}, {b}")

    settings = ScanSettings.of(spec)
    extent, reverse = spec.shape[settings.axis], settings.reverse
    start = (extent - 1) * step if reverse else 0
    first = load(start)[-1]
    store(first, start)
    if extent == 1:
        return
    with f.loop(1, extent, carried=[first], types=[type_]) as k:
        place = f.subtract(extent - 1, k.index) if reverse else k.index
        at = f.multiply(place, step)
        entry = following(instruction, k.carried[0], load(at))
        store(entry, at)
        k.next(entry)
