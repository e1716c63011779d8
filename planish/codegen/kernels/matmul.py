"""Products of the matrices of an image.

    for matrix:                                            # axes in front
        for panel:                                         # `vectors` vectors of columns of b
            its columns of b, one row after another -> scratch, if several blocks of rows will read them
            for block of rows of a:
                for k: sums[row][v] += a[row][k] * b[k][panel][v]
                y[row][panel] = epilogue(sums)             # the last vector is masked

Registers: rows * vectors sums + vectors of b + 1 broadcast. `plan` weighs few rows, which leave additions waiting for
each other, against few columns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import PanelRun, counted, cut, panel_runs, vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.accumulate import FMA_LATENCY, Panel, accumulate, packed
from planish.codegen.pieces.element import Element
from planish.codegen.pieces.expression import Epilogue
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, epilogue_of

MOST_ROWS, MOST_VECTORS = 14, 8
FEWEST_BLOCKS = 2  # of rows, for which the columns are copied


@dataclass(frozen=True, slots=True)
class Tile:
    """Rows of a block at most, and vectors of each panel of columns."""

    rows: int
    panels: tuple[int, ...]


def plan(rows: int, columns: int, lanes: int, registers: int) -> Tile:
    """The tile that takes the fewest cycles for one k."""
    vectors = vectors_of(columns, lanes)
    tiles = []
    for most in range(1, min(vectors, MOST_VECTORS, registers // 2 - 1) + 1):
        block = max(1, min(rows, MOST_ROWS, (registers - 1 - most) // most))
        tiles.append(Tile(max(cut(rows, block)), tuple(cut(vectors, most))))
    return min(tiles, key=lambda tile: _cycles(tile, rows))


def cycles(rows: int, columns: int, lanes: int, registers: int) -> float:
    """Of one k, with the best tile."""
    return _cycles(plan(rows, columns, lanes, registers), rows)


def _cycles(tile: Tile, rows: int) -> float:
    """Two multiply-adds or two loads a cycle, and no fewer cycles than a sum waits for itself."""
    blocks, panels = cut(rows, tile.rows), set(tile.panels)
    return sum(
        tile.panels.count(v) * sum(max(v * block / 2, (v + block) / 2, FMA_LATENCY / 2) for block in blocks)
        for v in panels
    )


def _sizes(spec: Spec) -> tuple[int, int, int]:
    """Rows, the extent that is summed along, and columns."""
    a, b = spec.inputs
    return a.shape[-2], a.shape[-1], b.shape[-1]


def tile_of(spec: Spec, target: Target) -> Tile:
    rows, _, columns = _sizes(spec)
    return plan(rows, columns, target.lanes, target.registers)


def _copies(spec: Spec, tile: Tile) -> bool:
    return spec.shape[-2] >= FEWEST_BLOCKS * tile.rows and len(tile.panels) > 1


def scratch_nbytes(spec: Spec, target: Target) -> int:
    tile = tile_of(spec, target)
    return target.floats.nbytes * target.lanes * max(tile.panels) * _sizes(spec)[1] if _copies(spec, tile) else 0


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    rows, inner, columns = _sizes(spec)
    product = _Product(f, spec, operands)
    with f.loop(0, math.prod(spec.shape[:-2])) as matrix:
        a = f.offset(operands.inputs[0], f.nbytes(matrix.index, rows * inner))
        b = f.offset(operands.inputs[1], f.nbytes(matrix.index, inner * columns))
        for run in panel_runs(product.tile.panels, columns, f.lanes):
            with f.loop(0, run.count) as panel:
                vector = f.add(f.multiply(panel.index, run.vectors), run.start)
                product.emit_panel(a, b, f.multiply(matrix.index, rows), vector, run)


class _Product:
    """What the panels of a product have in common."""

    def __init__(self, f: Function, spec: Spec, operands: Operands) -> None:
        self.f, self.operands = f, operands
        self.tile = tile_of(spec, f.module.target)
        self.rows, self.inner, self.columns = _sizes(spec)
        self.epilogue: Epilogue = epilogue_of(f, spec, operands)
        self.copies = _copies(spec, self.tile)

    def emit_panel(self, a: Pointer, b: Pointer, first_row: Index, vector: Index, run: PanelRun) -> None:
        """`first_row` is that of the matrix among all rows of the result."""
        f = self.f
        columns = f.offset(b, f.multiply(vector, f.vector_nbytes))
        panel = Panel(columns, run.vectors, f.floats.nbytes * self.columns, self._tail(run))
        if self.copies:
            self._copy(columns, run.vectors, panel.tail)
            panel = packed(f, self.operands.scratch, run.vectors)
        start = 0
        for size, count in counted(self.rows, self.tile.rows):
            with f.loop(start, start + size * count, size) as row:
                x = f.offset(a, f.nbytes(row.index, self.inner))
                offsets = [f.floats.nbytes * self.inner * number for number in range(size)]
                zeros = [ZERO] * (size * run.vectors)
                sums = accumulate(f, zeros, x, offsets, panel, self.inner)
                self._store(sums, f.add(first_row, row.index), vector, run)
            start += size * count

    def _tail(self, run: PanelRun) -> str | None:
        return self.f.tail_mask(run.tail(self.columns, self.f.lanes)) if run.masked else None

    def _copy(self, columns: Pointer, vectors: int, tail: str | None) -> None:
        f = self.f
        with f.loop(0, self.inner) as k:
            here = f.offset(columns, f.nbytes(k.index, self.columns))
            there = f.offset(self.operands.scratch, f.multiply(k.index, vectors * f.vector_nbytes))
            for v in range(vectors):
                mask = tail if v == vectors - 1 else None
                f.store(f.load(here, v * f.vector_nbytes, mask), there, v * f.vector_nbytes)

    def _store(self, sums: Sequence[Value], row: Index, vector: Index, run: PanelRun) -> None:
        f = self.f
        for number, total in enumerate(sums):
            place, v = divmod(number, run.vectors)
            column = f.multiply(f.add(vector, v), f.lanes)
            element = f.add(f.multiply(f.add(row, place), self.columns), column)
            mask = self._tail(run) if v == run.vectors - 1 else None
            value = self.epilogue.apply(total, column, Element(element), mask)
            f.store(value, self.operands.output, f.nbytes(element), mask)


KERNEL = Kernel("image", emit, scratch_nbytes=scratch_nbytes)
