"""Uniform random numbers by the hash that `primitives.random_uniform` defines, a vector of elements at a time.

    row = mix(mix(seed ^ salt) + image * IMAGE_STEP)
    for element: y[element] = (mix(row ^ (element * ELEMENT_STEP + ELEMENT_START)) >> 8) * 2**-24

13 integer operations a vector.
"""

from __future__ import annotations

from planish.codegen.llvm.function import Function, Index, Value
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.random_uniform import (
    ELEMENT_START,
    ELEMENT_STEP,
    IMAGE_STEP,
    MIX_MULTIPLIERS,
    STREAM_STEP,
    RandomUniformSettings,
)


def _signed(word: int) -> int:
    """The 32 bits of `word` as LLVM writes them."""
    word &= 0xFFFFFFFF
    return word - 2**32 if word >= 2**31 else word


def _mix(f: Function, word: Value) -> Value:
    for shift, multiplier in ((16, MIX_MULTIPLIERS[0]), (15, MIX_MULTIPLIERS[1])):
        word = f.integer("xor", word, f.integer("lshr", word, f.integer_constant(shift)))
        word = f.integer("mul", word, f.integer_constant(_signed(multiplier)))
    return f.integer("xor", word, f.integer("lshr", word, f.integer_constant(16)))


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    seed = f.splat_integer(f.load_i32(operands.inputs[0]))
    salt = _signed(STREAM_STEP * (RandomUniformSettings.of(spec).stream + 1))
    key = _mix(f, f.integer("xor", seed, f.integer_constant(salt)))
    image = f.splat_integer(f.let(f"trunc i64 {operands.image} to i32"))
    step = f.integer("mul", image, f.integer_constant(_signed(IMAGE_STEP)))
    row = _mix(f, f.integer("add", key, step))
    size = spec.result.size
    whole = size // f.lanes * f.lanes
    if whole:
        with f.loop(0, whole, f.lanes) as place:
            _emit_vector(f, operands, row, place.index, None)
    if size > whole:
        _emit_vector(f, operands, row, whole, f.tail_mask(size - whole))


def _emit_vector(f: Function, operands: Operands, row: Value, place: Index, mask: str | None) -> None:
    first = f.splat_integer(str(place) if isinstance(place, int) else f.let(f"trunc i64 {place} to i32"))
    element = f.integer("add", first, f.lane_indices())
    moved = f.integer(
        "add", f.integer("mul", element, f.integer_constant(_signed(ELEMENT_STEP))), f.integer_constant(ELEMENT_START)
    )
    bits = f.integer("lshr", _mix(f, f.integer("xor", row, moved)), f.integer_constant(8))
    value = f.binary("fmul", f.let(f"sitofp {f.integers} {bits} to {f.vector}"), f.constant(2.0**-24))
    f.store(value, operands.output, f.nbytes(place), mask)


KERNEL = Kernel("image", emit)
