"""Elements that are zero in all of a few rows, and sums of products without them.

    full = most k are not zero in one row or another                   # is_full
    list = those k                                                     # list_others
    for k in list: sums[row][v] += x[row][k] * w[panel][k][v]          # sums

Digits and drawings have their borders in common: 65 % of the elements are zero in all of three images of MNIST, and
81 % of those of one. Of more rows fewer elements are zero, and for fewer rows weights are read more often: three rows
times four vectors take 6.4 cycles a listed k, at two FMAs a cycle, and read 20 bytes of weights a cycle from L2. A list
takes 8 cycles a vector of elements.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from planish.codegen.llvm.element_type import F32, I32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.target import CACHE_LINE_NBYTES, Target
from planish.codegen.pieces import nonzeros
from planish.codegen.pieces.accumulate import cycles_of_step
from planish.codegen.pieces.dense_rows import PANEL_VECTORS, panels_of, rows_in_block
from planish.codegen.pieces.nonzeros import append_places, room_of

ROWS = 3
PARTS = 8  # of a row, of which the first one is looked at first
LISTED_SHARE = 0.35  # of the elements of digits, what is not zero in all of three images
_LIST_CYCLES = 8  # a vector of elements


def most_vectors(target: Target) -> int:
    """Vectors of sums of each row that stay in registers beside an element of each row and a vector of weights: those
    of whole panels."""
    free = target.registers - ROWS - (1 if target.fused_multiply_add else 2)
    return max(1, free // ROWS // PANEL_VECTORS) * PANEL_VECTORS


def cycles(target: Target, features: int, units: int) -> float:
    """An image of digits, if zeros are left out."""
    panels = panels_of(units, target.lanes)
    together = most_vectors(target) // max(panels)
    some = [sum(panels[first : first + together]) for first in range(0, len(panels), together)]
    steps = sum(cycles_of_step(ROWS, vectors, target.registers) for vectors in some)
    return features * (_LIST_CYCLES / target.lanes + LISTED_SHARE * steps) / ROWS


def full_cycles(target: Target, features: int, units: int) -> float:
    """An image, if nothing is left out."""
    panels = panels_of(units, target.lanes)
    rows = rows_in_block(max(panels), target.registers, training=False)
    return features * sum(cycles_of_step(rows, vectors, target.registers) for vectors in panels) / rows


def list_nbytes(features: int, target: Target) -> int:
    """Memory for a list."""
    return I32.nbytes * room_of(features, target.lanes)


def is_full(f: Function, rows: Sequence[Pointer], features: int) -> Value:
    """Whether lists of rows like these would take longer than they save, as an i1.

    If a first part of the rows has few zeros, that is enough; what is read will be needed at once, from its beginning.
    """
    vectors = features // f.lanes
    part = -(-vectors // PARTS)
    seen = _count_others(f, rows, 0, part, "0")
    full = nonzeros.is_full(f, seen, f.lanes * part)
    rest = f.let(f"select i1 {full}, i64 {part}, i64 {vectors}")
    count = _count_others(f, rows, part, rest, seen)
    return f.let(f"or i1 {full}, {nonzeros.is_full(f, count, f.lanes * vectors)}")


def _count_others(f: Function, rows: Sequence[Pointer], first: int, last: Index, count: Index) -> Index:
    """`count`, and how many elements of some vectors are not zero in all of the rows."""
    with f.loop(first, last, carried=[str(count)], types=["i64"], guarded=True) as vector:
        live = _live(f, [f.offset(row, f.multiply(vector.index, f.vector_nbytes)) for row in rows])
        vector.next(str(f.add(vector.carried[0], f.count_lanes(live))))
    (total,) = vector.results
    return total


def _live(f: Function, rows: Sequence[Pointer], mask: str | None = None) -> Value:
    """The lanes in which not all rows are zero, of a vector of each."""
    return reduce(f.either, [f.greater(f.load(row, 0, mask), ZERO, "une") for row in rows])


class CommonZeros:
    """Of so many rows that follow each other from `x` on."""

    def __init__(self, f: Function, x: Pointer, rows: int, features: int) -> None:
        self.f, self.x, self.rows, self.features = f, x, rows, features
        self.row_nbytes = F32.nbytes * features

    def list_others(self, entries: Pointer) -> Index:
        """Writes the list, of distances in bytes, and gives the number of its entries."""
        f, lanes = self.f, self.f.lanes
        line = max(1, CACHE_LINE_NBYTES // f.vector_nbytes) * lanes
        whole, vectors = self.features // line * line, self.features // lanes * lanes
        count: Index = 0
        if whole:
            with f.loop(0, whole, line, carried=["0"], types=["i64"]) as place:
                self._fetch_following(place.index)
                count = place.carried[0]
                for start in range(0, line, lanes):
                    count = self._append(f.add(place.index, start), entries, count)
                place.next(str(count))
            (count,) = place.results
        for start in range(whole, vectors, lanes):
            count = self._append(start, entries, count)
        if self.features > vectors:
            count = self._append(vectors, entries, count, f.tail_mask(self.features - vectors))
        return count

    def _append(self, place: Index, entries: Pointer, count: Index, mask: str | None = None) -> Index:
        own = self.f.offset(self.x, self.f.nbytes(place))
        live = _live(self.f, [self.f.offset(own, row * self.row_nbytes) for row in range(self.rows)], mask)
        return append_places(self.f, live, place, entries, count)

    def _fetch_following(self, place: Index) -> None:
        """A line of each of as many rows behind these: while the list is used, nothing else asks for them."""
        following = self.f.offset(self.x, self.f.nbytes(place))
        for row in range(self.rows, 2 * self.rows):
            self.f.prefetch(following, row * self.row_nbytes, level=2)

    def sums(
        self, entries: Pointer, count: Index, weights: Pointer, vectors: int, panels: int, panel_nbytes: int
    ) -> list[Value]:
        """Of the listed products with some panels of weights, one row after the other."""
        f = self.f
        places = [panel * panel_nbytes + v * f.vector_nbytes for panel in range(panels) for v in range(vectors)]
        with f.loop(0, count, carried=[ZERO] * (self.rows * len(places)), guarded=True) as entry:
            distance = f.load_count(entries, f.nbytes(entry.index, of=I32))
            own = f.offset(self.x, distance)
            seen = [f.broadcast(own, row * self.row_nbytes) for row in range(self.rows)]
            at = f.offset(weights, f.multiply(distance, vectors * f.lanes))
            following = list(entry.carried)
            for v, place in enumerate(places):
                weight = f.load(at, place)
                for row, element in enumerate(seen):
                    total = row * len(places) + v
                    following[total] = f.fma(element, weight, following[total])
            entry.next(*following)
        return entry.results
