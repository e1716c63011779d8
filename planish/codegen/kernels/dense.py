"""Dense layer on packed weights, for a block of rows.

    for panel:                                 # columns [start, start + vectors * lanes) of the weights
        for row block of `rows` (then the rest, one row and all panels at a time):
            for k in range(features): sums[row][v] += x[row][k] * w[panel][k][v]
            y[row][panel] = epilogue(sums)     # the last vector is masked

x [count * rows per image, features], w packed by panels, y [.., units]. The block is 2 * features * units FLOP a row; the weights are read
once per row block from L2, so a block of 14 rows runs at the FMA limit (175 GFLOP/s of 175 on AVX-512, 2 vectors a panel) and a
single row at the speed of L2. Registers: rows * vectors sums + vectors weights + 1 broadcast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from planish.codegen.accumulate import accumulate
from planish.codegen.expression import Epilogue
from planish.codegen.function import ZERO, Function, Index, Pointer
from planish.codegen.kernel import Kernel, Operands, Spec, epilogue_of
from planish.codegen.loops import cut, starts_of, vectors_of

SINGLE_ROW_VECTORS = 8  # sums of one row in flight: enough to hide the latency of an FMA on two ports


def panels_of(units: int, lanes: int, registers: int) -> list[int]:
    """Vectors in each panel of columns."""
    return cut(vectors_of(units, lanes), 2 if registers >= 32 else 3)


def rows_in_block(vectors: int, registers: int) -> int:
    """Rows whose sums fit beside the weights and a broadcast."""
    return max(1, min(14, (registers - 2 - vectors) // vectors))


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    per_image = math.prod(spec.shape[:-1])
    rows = f.multiply(operands.count, per_image) if spec.result.batched else per_image
    panels: Sequence[int] = spec.attributes["panels"]
    block = rows_in_block(max(panels), f.module.target.registers)
    whole = f.subtract(rows, f.remainder(rows, block))
    if not isinstance(whole, int) or whole:
        _emit_blocks(f, spec, operands, whole, block)
    rest = f.subtract(rows, whole)
    if not isinstance(rest, int) or rest:
        with f.when_positive(rest), f.loop(whole, rows) as row:
            _emit_single_row(f, spec, operands, row.index)


def _emit_blocks(f: Function, spec: Spec, operands: Operands, rows: Index, block: int) -> None:
    features, units = spec.inputs[0].shape[-1], spec.shape[-1]
    epilogue = epilogue_of(f, spec, operands)
    offsets = [4 * features * row for row in range(block)]
    panels = spec.attributes["panels"]
    for vectors, start in zip(panels, starts_of(panels), strict=True):
        weights = f.offset(operands.inputs[1], start * features * f.vector_nbytes)
        with f.when_positive(rows), f.loop(0, rows, block) as first:
            x = f.offset(operands.inputs[0], f.multiply(first.index, 4 * features))
            sums = accumulate(f, [ZERO] * (block * vectors), x, offsets, weights, features, vectors)
            for row in range(block):
                at = f.add(first.index, row)
                _store(f, epilogue, operands.output, sums[row * vectors : (row + 1) * vectors], at, start, units)


def _emit_single_row(f: Function, spec: Spec, operands: Operands, row: Index) -> None:
    """All panels of one row together: as many sums in flight as one panel of a block has."""
    features, units = spec.inputs[0].shape[-1], spec.shape[-1]
    epilogue = epilogue_of(f, spec, operands)
    x = f.offset(operands.inputs[0], f.multiply(row, 4 * features))
    panels = list(spec.attributes["panels"])
    starts = starts_of(panels)
    for group in _groups(panels):
        with f.loop(0, features, carried=[ZERO] * sum(panels[panel] for panel in group)) as k:
            seen = f.broadcast(x, f.multiply(k.index, 4))
            sums = list(k.carried)
            position = 0
            for panel in group:
                place = f.multiply(k.index, panels[panel] * f.vector_nbytes)
                w = f.offset(operands.inputs[1], f.add(place, starts[panel] * features * f.vector_nbytes))
                for v in range(panels[panel]):
                    sums[position] = f.fma(seen, f.load(w, v * f.vector_nbytes), sums[position])
                    position += 1
            k.next(*sums)
        _store(f, epilogue, operands.output, k.results, row, starts[group[0]], units)


def _groups(panels: Sequence[int]) -> list[list[int]]:
    """Consecutive panels of at most SINGLE_ROW_VECTORS vectors in all."""
    groups: list[list[int]] = [[]]
    for panel, vectors in enumerate(panels):
        if groups[-1] and sum(panels[member] for member in groups[-1]) + vectors > SINGLE_ROW_VECTORS:
            groups.append([])
        groups[-1].append(panel)
    return groups


def _store(
    f: Function, epilogue: Epilogue, y: Pointer, sums: Sequence[str], row: Index, first_vector: int, units: int
) -> None:
    base = f.multiply(row, units)
    for v, total in enumerate(sums):
        column = (first_vector + v) * f.lanes
        mask = f.tail_mask(units - column)
        element = f.add(base, column)
        f.store(epilogue.apply(total, column, element, mask), y, f.multiply(element, 4), mask)




KERNEL = Kernel("rows", emit)
