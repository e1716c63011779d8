"""Gradient of a dense layer's weights: a sum over the batch, each part owned by one thread.

    for block of rows k, panel of columns:  dW[k][m] = sum over rows b of x[b][k] * g[b][m]

Blocks are `rows` broadcasts x `vectors` of columns in registers; no part of a sum is shared between threads, and
images are added in their order, so the bits do not depend on the number of threads. The last vector of columns is
masked. 2 * k * m FLOP an image, at the FMA limit from about 12 rows up.
"""

from __future__ import annotations

import math
from itertools import product

from planish.codegen.llvm.function import ZERO, Function, Index
from planish.codegen.llvm.loops import PanelRun, panel_runs
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.outer_products import block_rows, masks_of, outer_products, panels_of

ITEM_BLOCKS = 4


def block_of(spec: Spec, target: Target) -> int:
    return block_rows(max(panels_of(spec.shape[1], target.lanes)), target.registers)


def items(spec: Spec, target: Target) -> int:
    return -(-spec.shape[0] // (ITEM_BLOCKS * block_of(spec, target)))


def run(spec: Spec, target: Target) -> int:
    """Elements of an item: whole rows."""
    return ITEM_BLOCKS * block_of(spec, target) * spec.shape[1]


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    features, units = spec.shape
    rows = f.multiply(operands.count, math.prod(spec.inputs[0].shape[:-1]))
    block = block_of(spec, f.module.target)
    first = f.multiply(operands.item, ITEM_BLOCKS * block)
    last = f.smaller(f.add(first, ITEM_BLOCKS * block), features // block * block)
    for run in panel_runs(panels_of(units, f.lanes), units, f.lanes):
        with f.loop(0, run.count) as panel:
            vector = f.add(f.multiply(panel.index, run.vectors), run.start)
            if features >= block:
                with f.when(f.compare("slt", first, last)), f.loop(first, last, block) as k:
                    emit_block(f, spec, operands, rows, k.index, block, vector, run)
            if features % block:
                with f.when(f.compare("eq", operands.item, items(spec, f.module.target) - 1)):
                    rest = features // block * block
                    emit_block(f, spec, operands, rows, rest, features - rest, vector, run)


def emit_block(
    f: Function, spec: Spec, operands: Operands, rows: Index, k: Index, block: int, vector: Index, run: PanelRun
) -> None:
    features, units = spec.shape
    vectors = run.vectors
    x = f.offset(operands.inputs[0], f.nbytes(k))
    masks = masks_of(f, run, units)
    g = f.offset(operands.inputs[1], f.multiply(vector, f.vector_nbytes))
    with f.loop(0, rows, carried=[ZERO] * (block * vectors)) as row:
        at = f.offset(g, f.nbytes(row.index, units))
        columns = [f.load(at, v * f.vector_nbytes, masks[v]) for v in range(vectors)]
        seen = f.offset(x, f.nbytes(row.index, features))
        row.next(*outer_products(f, row.carried, seen, [f.floats.nbytes * place for place in range(block)], columns))
    y = f.offset(operands.output, f.nbytes(f.add(f.multiply(k, units), f.multiply(vector, f.lanes))))
    for place, v in product(range(block), range(vectors)):
        f.store(row.results[place * vectors + v], y, f.floats.nbytes * place * units + v * f.vector_nbytes, masks[v])


KERNEL = Kernel("reduce", emit, items, run=run)
