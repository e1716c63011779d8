"""Square blocks of `lanes` x `lanes` numbers transposed, in registers or from memory to memory.

    turned(rows)[column][row] = rows[row][column]
    turn_block:  target[column * stride + row] = source[row * stride + column]

LLVM takes some milliseconds for the lanes * log2(lanes) shuffles, so blocks that are in memory anyway call a function
that the module has once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value


def turned(f: Function, rows: Sequence[Value]) -> list[Value]:
    """A square block of `lanes` vectors, transposed.

    Each round interleaves vector i with vector i + lanes / 2; log2(lanes) rounds do it.
    """
    rows, half = list(rows), f.lanes // 2
    low = [place // 2 + (place % 2) * f.lanes for place in range(f.lanes)]
    for _ in range(f.lanes.bit_length() - 1):
        pairs = [(rows[place], rows[place + half]) for place in range(half)]
        rows = [f.shuffle(a, b, [index + part for index in low]) for a, b in pairs for part in (0, half)]
    return rows


def turn_block(f: Function, source: Pointer, source_nbytes: Index, target: Pointer, target_nbytes: Index) -> None:
    """From `lanes` vectors `source_nbytes` apart to as many that are `target_nbytes` apart; they may be the same."""
    name = f"turn_block_{f.lanes}"
    if not f.module.has_function(name):
        parameters = ["ptr %source", "i64 %source_nbytes", "ptr %target", "i64 %target_nbytes"]
        with f.module.function(name, parameters, lanes=f.lanes) as block:
            _emit_turn_block(block)
    f.call(name, ("ptr", source), ("i64", source_nbytes), ("ptr", target), ("i64", target_nbytes))


def _emit_turn_block(f: Function) -> None:
    rows = [f.load("%source", f.multiply(place, "%source_nbytes")) for place in range(f.lanes)]
    for place, row in enumerate(turned(f, rows)):
        f.store(row, "%target", f.multiply(place, "%target_nbytes"))


def turn_part(
    f: Function,
    source: Pointer,
    source_nbytes: Index,
    rows: int,
    columns: int,
    target: Pointer,
    target_nbytes: Index,
) -> None:
    """The same for a block with fewer rows or columns; whole vectors are stored, zeros in the lanes of absent rows."""
    if rows == columns == f.lanes:
        turn_block(f, source, source_nbytes, target, target_nbytes)
        return
    mask = f.tail_mask(columns)
    block = block_of(f, rows, lambda row: f.load(source, f.multiply(row, source_nbytes), mask))
    turn_block(f, block, f.vector_nbytes, block, f.vector_nbytes)
    with f.loop(0, columns) as column:
        own = f.load(block, f.multiply(column.index, f.vector_nbytes))
        f.store(own, target, f.multiply(column.index, target_nbytes))


def block_of(f: Function, rows: int, row: Callable[[Index], Value]) -> Pointer:
    """Memory of this call with `lanes` vectors: the rows, then zeros."""
    block = f.stack_vectors(f.lanes)
    with f.loop(0, rows) as place:
        f.store(row(place.index), block, f.multiply(place.index, f.vector_nbytes))
    if rows < f.lanes:
        with f.loop(rows, f.lanes) as place:
            f.store(ZERO, block, f.multiply(place.index, f.vector_nbytes))
    return block
