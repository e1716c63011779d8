"""Entries of an axis by their numbers.

A number is checked before it becomes an address: one that names no entry reads nothing. Sums are made in the order of
images and places, whoever makes them, so threads change no bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.loops import over_vectors
from planish.graph.node import TensorType

INTEGERS = 2.0**31


@dataclass(frozen=True, slots=True)
class EntryAxes:
    """A tensor as outer x entries x inner, and how many places the numbers have."""

    outer: int
    entries: int
    inner: int
    places: int


def axes_of(shape: tuple[int, ...], axis: int, places: int) -> EntryAxes:
    return EntryAxes(math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :]), places)


@dataclass(frozen=True, slots=True)
class EntryNumber:
    """The entry that a number names, 0 if there is none, and an i1 that tells whether there is."""

    entry: Value
    named: Value


def number_at(f: Function, pointer: Pointer, place: Index, type_: TensorType, entries: Index) -> EntryNumber:
    nbytes = f.nbytes(place, of=element_type(type_.dtype))
    if type_.dtype == "i32":
        whole, fits = f.let(f"sext i32 {f.load_i32(pointer, nbytes)} to i64"), "true"
    else:
        value, number = f.load_float(pointer, nbytes), f.floats.llvm
        above = f.let(f"fcmp ogt {number} {value}, {f.float_constant(-INTEGERS)}")
        below = f.let(f"fcmp olt {number} {value}, {f.float_constant(INTEGERS)}")
        fits = f.let(f"and i1 {above}, {below}")
        whole = f.let(f"fptosi {number} {f.let(f'select i1 {fits}, {number} {value}, {number} 0.0')} to i64")
    from_end = f.let(f"select i1 {f.compare('slt', whole, 0)}, i64 {entries}, i64 0")
    entry = f.add(whole, from_end)
    named = f.let(f"and i1 {fits}, {f.compare('ult', entry, entries)}")
    return EntryNumber(f.let(f"select i1 {named}, i64 {entry}, i64 0"), named)


def add_rows(
    f: Function,
    axes: EntryAxes,
    g: Pointer,
    numbers: Pointer,
    indices: TensorType,
    output: Pointer,
    wanted: Callable[[EntryNumber], Value],
) -> None:
    """Adds the rows of `g` to those that their numbers name, of the `wanted` ones."""
    with f.loop(0, axes.outer) as outer, f.loop(0, axes.places) as place:
        number = number_at(f, numbers, place.index, indices, axes.entries)
        with f.when(wanted(number)):
            row = f.add(f.multiply(outer.index, axes.places), place.index)
            source = f.offset(g, f.nbytes(row, axes.inner))
            row = f.add(f.multiply(outer.index, axes.entries), number.entry)
            target = f.offset(output, f.nbytes(row, axes.inner))

            def emit_vector(start: Index, mask: str | None) -> None:
                nbytes = f.nbytes(start)
                total = f.binary("fadd", f.load(target, nbytes, mask), f.load(source, nbytes, mask))
                f.store(total, target, nbytes, mask)

            over_vectors(f, axes.inner, emit_vector)


def each_along(
    f: Function,
    axes: EntryAxes,
    numbers: Pointer,
    indices: TensorType,
    body: Callable[[Index, EntryNumber, Index], None],
) -> None:
    """`body` for each number: which element it is, the entry that it names, and the distance to that in bytes."""
    with f.loop(0, axes.outer) as outer, f.loop(0, axes.places) as place, f.loop(0, axes.inner) as inner:
        row = f.add(f.multiply(outer.index, axes.places), place.index)
        element = f.add(f.multiply(row, axes.inner), inner.index)
        number = number_at(f, numbers, element, indices, axes.entries)
        row = f.add(f.multiply(outer.index, axes.entries), number.entry)
        body(element, number, f.nbytes(f.add(f.multiply(row, axes.inner), inner.index)))
