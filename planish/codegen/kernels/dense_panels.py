"""Dense layer on packed weights, for a block of rows.

    for panel:                                 # columns [start, start + vectors * lanes) of the weights
        for row block of `rows` (then blocks of 4, then one row and all panels at a time):
            for k in range(features): sums[row][v] += x[row][k] * w[panel][k][v]
            y[row][panel] = epilogue(sums)     # the last vector is masked

x [count * rows per image, features], w packed by panels, y [.., units]. Weights that change with every step are
read as they are: packing them would take longer than it saves. The block is 2 * features
* units FLOP a row; the weights are read once per row block from L2, so a block of 14 rows runs at the FMA limit (175
GFLOP/s of 175 on AVX-512, 2 vectors a panel) and a single row at the speed of L2. Registers: rows * vectors sums +
vectors weights + 1 broadcast.
"""

from __future__ import annotations

import math

from planish.codegen.llvm.function import Function, Index
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.dense_rows import DenseRows
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.rewritten.dense_panels import DensePanelsSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    per_image = math.prod(spec.shape[:-1])
    rows = f.multiply(operands.count, per_image) if spec.result.batched else per_image
    emit_rows(DenseRows(f, spec, operands), rows)


def emit_rows(layer: DenseRows, rows: Index) -> None:
    """So many rows, from the first on."""
    f = layer.f

    def emit_some(first: Index, count: Index, block: int) -> None:
        if block > 1:
            layer.emit_blocks(first, count, block)
            return
        with f.when_positive(count), f.loop(first, f.add(first, count)) as row:
            layer.emit_single_row(row.index)

    layer.over_blocks(rows, emit_some)


def grains(spec: Spec, target: Target) -> int:
    return len(DensePanelsSettings.of(spec).panels)


KERNEL = Kernel("rows", emit, grains=grains)
