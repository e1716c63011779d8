"""Brings weights into the order in which kernels read them, once per change of the weights (in training: once a step).

    for panel, k: packed[panel][k][:] = w[k][columns of the panel]     # zero beyond the last column
    turned: from w[columns of the panel][k], square blocks of which are transposed

Bound by memory. Items: one a panel.
"""

from __future__ import annotations

import math

from planish.codegen.llvm.function import Function, Pointer
from planish.codegen.llvm.loops import PanelRun, panel_runs
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.transposing import turn_part
from planish.primitives.rewritten.pack_panels import PackPanelsSettings


def _matrices(spec: Spec) -> int:
    return math.prod(spec.inputs[0].shape[:-2])


def items(spec: Spec, target: Target) -> int:
    return len(PackPanelsSettings.of(spec).panels)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    *_, rows, columns = spec.inputs[0].shape
    turned_around = PackPanelsSettings.of(spec).turned
    if turned_around:
        rows, columns = columns, rows
    panels = PackPanelsSettings.of(spec).panels
    total = rows * sum(panels) * f.lanes
    before = 0
    for run in panel_runs(panels, columns, f.lanes):
        number = f.subtract(operands.item, before)
        before += run.count
        mine = f.let(f"icmp ult i64 {number}, {run.count}")
        with f.when(mine), f.loop(0, _matrices(spec)) as matrix:
            first = f.multiply(f.add(f.multiply(number, run.vectors), run.start), f.lanes)
            source = f.add(f.multiply(matrix.index, rows * columns), f.multiply(first, rows if turned_around else 1))
            target = f.add(f.multiply(matrix.index, total), f.multiply(first, rows))
            here, there = (
                f.offset(pointer, f.nbytes(place))
                for pointer, place in ((operands.inputs[0], source), (operands.output, target))
            )
            (_pack_turned if turned_around else _pack_rows)(f, run, rows, columns, here, there)


def _pack_rows(f: Function, run: PanelRun, rows: int, columns: int, source: Pointer, target: Pointer) -> None:
    masks = [f.tail_mask(width) if width < f.lanes else None for width in _widths(run, columns, f.lanes)]
    with f.loop(0, rows) as k:
        here = f.offset(source, f.nbytes(k.index, columns))
        there = f.offset(target, f.multiply(k.index, run.vectors * f.vector_nbytes))
        for v, mask in enumerate(masks):
            f.store(f.load(here, v * f.vector_nbytes, mask), there, v * f.vector_nbytes)


def _pack_turned(f: Function, run: PanelRun, rows: int, columns: int, source: Pointer, target: Pointer) -> None:
    """Columns of the panel are rows in memory: a vector of each, for `lanes` values of k, becomes `lanes` vectors."""
    step = run.vectors * f.vector_nbytes
    whole = rows // f.lanes * f.lanes
    for v, width in enumerate(_widths(run, columns, f.lanes)):
        own = f.offset(source, f.floats.nbytes * v * f.lanes * rows)
        for start, stop in ((0, whole), (whole, rows)):
            if start == stop:
                continue
            with f.loop(start, stop, f.lanes) as k:
                here = f.offset(own, f.nbytes(k.index))
                there = f.offset(f.offset(target, v * f.vector_nbytes), f.multiply(k.index, step))
                turn_part(f, here, f.floats.nbytes * rows, width, min(f.lanes, stop - start), there, step)


def _widths(run: PanelRun, columns: int, lanes: int) -> list[int]:
    """How many columns each vector of a panel has."""
    last = columns - (run.start + run.vectors - 1) * lanes if run.masked else lanes
    return [lanes] * (run.vectors - 1) + [last]


KERNEL = Kernel("whole", emit, items)
