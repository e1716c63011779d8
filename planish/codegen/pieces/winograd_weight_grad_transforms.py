"""The transforms of Winograd's method for the gradient of a kernel, for one row a and some columns b of the products.

    for column w, channel c:        half[w][c] = sum over i of factors[a][i] * map[i][w][c]       # i: rows of a tile
    for tile, channel c, b:         result[b][tile][c] = sum over j of factors[b][j] * half[tile * t + j][c]

`factors` are B' for the inputs x, A for g; tiles of t places stand side by side in a row. The first loop is one over
consecutive elements. Rows and columns beyond the map are zero: rows are left out of the sum, columns are zeros in
`half`, which `clear` writes once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import vectors_of
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.winograd_weight_grad_plan import Tiling

Factors = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two maps, of `shape` [height, width, channels], and the factors of its tiles."""

    factors: Factors
    tiling: Tiling
    shape: tuple[int, ...]
    lanes: int

    @property
    def width(self) -> int:
        return self.shape[1]

    @property
    def channels(self) -> int:
        return self.shape[2]

    @property
    def half_nbytes(self) -> int:
        """All columns of the tiles; whole vectors may be read beyond the last channel."""
        columns = (self.tiling.columns - 1) * self.tiling.tile + len(self.factors[0])
        return F32.nbytes * (columns * self.channels + self.lanes)

    @property
    def tile_nbytes(self) -> int:
        """Of a tile in the result: an odd number of vectors, so that not all tiles share the same sets of a cache."""
        return F32.nbytes * self.lanes * (vectors_of(self.channels, self.lanes) | 1)

    def clear(self, f: Function, half: Pointer) -> None:
        used = F32.nbytes * self.width * self.channels
        fill(f, f.offset(half, used), (self.half_nbytes - used) // F32.nbytes, 0.0)

    def combine_rows(self, f: Function, image: Pointer, row: Index, a: Index, half: Pointer) -> None:
        """For a row of tiles."""
        own = self.tiling
        first = f.offset(image, f.nbytes(row, own.tile * self.width * self.channels))
        whole = len(self.factors[0])
        left = min(whole, self.shape[0] - (own.rows - 1) * own.tile)
        for number, factors in enumerate(self.factors):
            with f.when(f.compare("eq", a, number)):
                if left < whole:
                    with f.when(f.compare("eq", row, own.rows - 1)):
                        self._combine_rows(f, factors[:left], first, half)
                if left == whole:
                    self._combine_rows(f, factors, first, half)
                elif own.rows > 1:
                    with f.when(f.compare("slt", row, own.rows - 1)):
                        self._combine_rows(f, factors, first, half)

    def _combine_rows(self, f: Function, factors: Sequence[float], first: Pointer, half: Pointer) -> None:
        extent = self.width * self.channels
        whole = extent // f.lanes * f.lanes

        def vector(place: Index, mask: str | None) -> None:
            here, there = (f.offset(pointer, f.nbytes(place)) for pointer in (first, half))
            values = [
                f.load(here, F32.nbytes * i * extent, mask) if factor else ZERO for i, factor in enumerate(factors)
            ]
            f.store(combine(f, factors, values), there, mask=mask)

        if whole:
            with f.loop(0, whole, f.lanes) as place:
                vector(place.index, None)
        if extent > whole:
            vector(whole, f.tail_mask(extent - whole))

    def combine_columns(self, f: Function, half: Pointer, part: Index, into: Pointer, apart: int) -> None:
        """For a part of the columns of the products; each product is `apart` bytes from the one before."""
        own = self.tiling
        columns = own.places // own.parts
        for number in range(own.parts):
            chosen = self.factors[number * columns : (number + 1) * columns]
            with f.when(f.compare("eq", part, number)), f.loop(0, own.columns) as tile:
                source = f.offset(half, f.nbytes(tile.index, own.tile * self.channels))
                target = f.offset(into, f.multiply(tile.index, self.tile_nbytes))
                with f.loop(0, vectors_of(self.channels, f.lanes)) as vector:
                    at = f.multiply(vector.index, f.vector_nbytes)
                    self._combine_columns(f, chosen, f.offset(source, at), f.offset(target, at), apart)

    def _combine_columns(self, f: Function, chosen: Factors, source: Pointer, target: Pointer, apart: int) -> None:
        used = [any(column) for column in zip(*chosen, strict=True)]
        values = [f.load(source, F32.nbytes * j * self.channels) if needed else ZERO for j, needed in enumerate(used)]
        for number, factors in enumerate(chosen):
            f.store(combine(f, factors, values), target, number * apart)


def combine(f: Function, factors: Sequence[float], values: Sequence[Value]) -> Value:
    """The sum of factors times values, those of 1 first."""
    terms = [(factor, value) for factor, value in zip(factors, values, strict=True) if factor and value != ZERO]
    terms.sort(key=lambda term: -(term[0] == 1))
    if not terms:
        return ZERO
    (factor, total), *others = terms
    if factor != 1:
        total = f.binary("fmul", total, f.constant(factor))
    for factor, value in others:
        if abs(factor) == 1:
            total = f.binary("fadd" if factor > 0 else "fsub", total, value)
        else:
            total = f.fma(f.constant(factor), value, total)
    return total
