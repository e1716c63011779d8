"""Counts and lists numbers that are not zero: what kernels of dense layers on images share.

Most pixels of a drawing or a digit are zero, and a product with zero adds nothing. NaN is not zero; what the processor
treats as zero (denormal numbers in training) is.
"""

from __future__ import annotations

from functools import cache

from planish.codegen.llvm.element_type import F32, I32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import vectors_of
from planish.codegen.llvm.target import Target

FEWEST_UNITS = 33  # of a layer whose zeros are left out one by one: for fewer units, a list takes longer than it saves
MOST_FEATURES = 8192  # so that some rows, and lists of them, stay in the cache of a core
DENSE = (3, 4)  # if this share is not zero, lists take longer than they save


def block_elements(target: Target) -> int:
    """Elements of a block: whole vectors, for each of which a kernel keeps a vector in registers, half of them all."""
    return max(target.lanes, target.registers // 2)


def pays(target: Target, features: int, units: int) -> bool:
    """Whether a dense layer on images is computed from lists: of elements, or of blocks of them.

    A list has the distances of rows of weights, in bytes, as i32.
    """
    return block_elements(target) <= features <= MOST_FEATURES and F32.nbytes * features * units < 2**31


def goes_by_blocks(units: int) -> bool:
    """Whether a layer leaves out whole blocks of zeros, not single elements."""
    return units < FEWEST_UNITS


def room_of(elements: int, lanes: int) -> int:
    """The size of a list of at most this many elements, which is written in whole vectors."""
    return (vectors_of(elements, lanes) + 1) * lanes


def count_of(f: Function, value: Value) -> Index:
    """How many lanes are not zero."""
    return f.count_lanes(f.greater(value, ZERO, "une"))


def is_full(f: Function, count: Index, elements: Index) -> Value:
    some, all_ = DENSE
    return f.compare("sge", f.multiply(count, all_), f.multiply(elements, some))


def append(f: Function, value: Value, numbers: Value, lists: Pointer, room: int, count: Index) -> Index:
    """Appends those that are not zero after the first `count` of a list, with their numbers; gives the new count."""
    live = f.greater(value, ZERO, "une")
    end = f.offset(lists, f.nbytes(count, of=I32))
    f.store_integers(f.compressed(numbers, live, integer=True), end)
    f.store(f.compressed(value, live), end, I32.nbytes * room)
    return f.add(count, f.count_lanes(live))


def append_places(f: Function, live: Value, place: Index, entries: Pointer, count: Index) -> Index:
    """Appends the lanes of a mask after the first `count` entries of a list, as distances in bytes of f32 from the
    first element of which lane 0 is number `place`; gives the new count."""
    first = f.let(f"trunc i64 {f.nbytes(place, of=F32)} to i32")
    end = f.offset(entries, f.nbytes(count, of=I32))
    f.store_integers(f.integer("add", _distances(f, live), f.splat_integer(first)), end)
    return f.add(count, f.count_lanes(live))


def _distances(f: Function, live: Value) -> Value:
    """Of the lanes of a mask from lane 0, in bytes: by a table of all masks, unless vectors are too long for one."""
    if f.lanes > 8:
        numbers = f.integer("mul", f.lane_indices(), f.integer_constant(F32.nbytes))
        return f.compressed(numbers, live, integer=True)
    bits = f.let(f"bitcast <{f.lanes} x i1> {live} to i{f.lanes}")
    table = f.module.data(_table(f.lanes))
    return f.load_bytes(table, f.multiply(f.let(f"zext i{f.lanes} {bits} to i64"), f.lanes))


@cache
def _table(lanes: int) -> bytes:
    """For each mask of so many lanes, the distances of those that it has, and zeros."""
    rows = ([F32.nbytes * lane for lane in range(lanes) if mask >> lane & 1] for mask in range(2**lanes))
    return b"".join(bytes(row).ljust(lanes, b"\0") for row in rows)
