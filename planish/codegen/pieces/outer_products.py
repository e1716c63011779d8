"""Outer products in registers, of which gradients of weights are sums: `rows` broadcasts x `vectors` of columns."""

from __future__ import annotations

from collections.abc import Sequence

from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.loops import PanelRun, cut, vectors_of
from planish.codegen.pieces.accumulate import FMA_LATENCY


def block_rows(vectors: int, registers: int) -> int:
    """Rows of a block: its sums fit beside a vector of each column and a broadcast."""
    return max(1, min(12, (registers - 2 - vectors) // vectors))


def block_cycles(rows: int, vectors: int) -> float:
    """Cycles of a block for each term of its sums, by counting FMAs, loads and latency."""
    return max(rows * vectors / 2, (rows + vectors) / 2, FMA_LATENCY / 2) + 0.5


def panels_of(columns: int, lanes: int) -> list[int]:
    return cut(vectors_of(columns, lanes), 2)


def outer_products(
    f: Function, sums: Sequence[Value], x: Pointer, offsets: Sequence[Index], columns: Sequence[Value]
) -> list[Value]:
    """sums[r][v] + x[offset[r]] * columns[v]."""
    result = list(sums)
    for row, offset in enumerate(offsets):
        seen = f.broadcast(x, offset)
        for v, column in enumerate(columns):
            place = row * len(columns) + v
            result[place] = f.fma(seen, column, result[place])
    return result


def masks_of(f: Function, run: PanelRun, columns: int) -> list[str | None]:
    """The mask of each vector of a panel: only the last one of the last panel has one."""
    if not run.masked:
        return [None] * run.vectors
    return [f.tail_mask(columns - (run.start + v) * f.lanes) for v in range(run.vectors)]
