"""Brings weights into the order in which kernels read them, once per change of the weights (in training: once a step).

pack_panels:   for panel, k: packed[panel][k][:] = w[k][columns of the panel]     # zero beyond the last column
               turned: from w[columns of the panel][k], square blocks of which are transposed
unpack_winograd: for c, o: w[:, :, c, o] = G' U[:, :, c, o] G     # of a gradient

Bound by memory. Items: one a panel; one for some elements of the gradient's matrices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import PanelRun, panel_runs
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.transposing import turn_part
from planish.primitives.rewritten.pack_panels import PackPanelsSettings
from planish.primitives.rewritten.unpack_winograd import UnpackWinogradSettings
from planish.primitives.winograd import KERNEL

UNPACKED_AT_ONCE = 2048


def _matrices(spec: Spec) -> int:
    return math.prod(spec.inputs[0].shape[:-2])


def panel_items(spec: Spec, target: Target) -> int:
    return len(PackPanelsSettings.of(spec).panels)


def emit_panels(f: Function, spec: Spec, operands: Operands) -> None:
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
        own = f.offset(source, F32.nbytes * v * f.lanes * rows)
        for start, stop in ((0, whole), (whole, rows)):
            if start == stop:
                continue
            with f.loop(start, stop, f.lanes) as k:
                here = f.offset(own, f.nbytes(k.index))
                there = f.offset(f.offset(target, v * f.vector_nbytes), f.multiply(k.index, step))
                turn_part(f, here, F32.nbytes * rows, width, min(f.lanes, stop - start), there, step)


def _widths(run: PanelRun, columns: int, lanes: int) -> list[int]:
    """How many columns each vector of a panel has."""
    last = columns - (run.start + run.vectors - 1) * lanes if run.masked else lanes
    return [lanes] * (run.vectors - 1) + [last]


def unpack_items(spec: Spec, target: Target) -> int:
    return -(-math.prod(spec.shape[2:]) // UNPACKED_AT_ONCE)


def emit_unpack_winograd(f: Function, spec: Spec, operands: Operands) -> None:
    matrix = math.prod(spec.shape[2:])
    whole = matrix // f.lanes * f.lanes
    factors = KERNEL[UnpackWinogradSettings.of(spec).tile].T.tolist()
    first = f.multiply(operands.item, UNPACKED_AT_ONCE)
    last = f.smaller(f.add(first, UNPACKED_AT_ONCE), whole)
    with f.loop(first, last, f.lanes, guarded=True) as place:
        _transform_back(f, operands, factors, place.index, matrix, None)
    if matrix > whole:
        with f.when(f.compare("eq", operands.item, unpack_items(spec, f.module.target) - 1)):
            _transform_back(f, operands, factors, whole, matrix, f.tail_mask(matrix - whole))


def _transform_back(
    f: Function, operands: Operands, factors: Sequence[Sequence[float]], element: Index, matrix: int, mask: str | None
) -> None:
    """Columns of the places at once, so that what a row of them gives is added to all rows of the kernel."""
    places = len(factors[0])
    source = f.offset(operands.inputs[0], f.nbytes(element))
    target = f.offset(operands.output, f.nbytes(element))
    half = []
    for a in range(places):
        u = [f.load(source, F32.nbytes * (places * a + b) * matrix, mask) for b in range(places)]
        half.append([_combine(f, factors[j], u) for j in range(3)])
    for i, j in product(range(3), range(3)):
        value = _combine(f, factors[i], [row[j] for row in half])
        f.store(value, target, F32.nbytes * (3 * i + j) * matrix, mask)


def _combine(f: Function, factors: object, values: list[Value]) -> Value:
    total = ZERO
    for factor, value in zip(list(factors), values, strict=True):  # type: ignore[call-overload]
        if factor:
            term = value if factor == 1 else f.binary("fmul", value, f.constant(float(factor)))
            total = term if total == ZERO else f.binary("fadd", total, term)
    return total


PANELS = Kernel("whole", emit_panels, panel_items)
UNPACK_WINOGRAD = Kernel("whole", emit_unpack_winograd, unpack_items)
