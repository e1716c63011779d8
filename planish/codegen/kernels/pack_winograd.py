"""A 3x3 kernel transformed for Winograd's method, in the order in which the products read it.

    for panel, a in t + 2, c, vector of the panel:
        U[a, :][panel][c][vector] = (G w[:, :, c, columns of the vector] G')[a]

w [3, 3, cin, cout], U [(t + 2)^2, panels of [cin, vectors]]; zero beyond the last column. One `a` at a time, since all
(t + 2)^2 matrices, large powers of two apart, would share sets of the cache. Runs once per change of the weights (in
training: once a step). Bound by memory. Items: one a panel.
"""

from __future__ import annotations

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import Function, Pointer
from planish.codegen.llvm.loops import PanelRun, panel_runs
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.winograd_tiles import transformed
from planish.primitives.rewritten.pack_winograd import PackWinogradSettings
from planish.primitives.winograd import Method, method


def _method(spec: Spec) -> Method:
    settings = PackWinogradSettings.of(spec)
    return method(settings.tile, settings.stride)


def items(spec: Spec, target: Target) -> int:
    return len(PackWinogradSettings.of(spec).panels)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    _, _, channels, filters = spec.inputs[0].shape
    before = 0
    for run in panel_runs(PackWinogradSettings.of(spec).panels, filters, f.lanes):
        number = f.subtract(operands.item, before)
        before += run.count
        with f.when(f.let(f"icmp ult i64 {number}, {run.count}")):
            first = f.multiply(f.add(f.multiply(number, run.vectors), run.start), f.vector_nbytes)
            source = f.offset(operands.inputs[0], first)
            target = f.offset(operands.output, f.multiply(first, channels))
            for a in range(_method(spec).weights):
                _transform(f, spec, a, run, source, target)


def _transform(f: Function, spec: Spec, a: int, run: PanelRun, source: Pointer, target: Pointer) -> None:
    """Row `a` of the matrices, for all channels and the filters of a panel."""
    _, _, channels, filters = spec.inputs[0].shape
    last = run.vectors - 1 if run.masked else run.vectors
    with f.loop(0, channels) as channel:
        here = f.offset(source, f.nbytes(channel.index, filters))
        there = f.offset(target, f.multiply(channel.index, run.vectors * f.vector_nbytes))
        if last:
            with f.loop(0, last * f.vector_nbytes, f.vector_nbytes) as v:
                _transform_vector(f, spec, a, f.offset(here, v.index), f.offset(there, v.index), None)
        if run.masked:
            behind = last * f.vector_nbytes
            mask = f.tail_mask(filters - (run.start + last) * f.lanes)
            _transform_vector(f, spec, a, f.offset(here, behind), f.offset(there, behind), mask)


def _transform_vector(f: Function, spec: Spec, a: int, here: Pointer, there: Pointer, mask: str | None) -> None:
    _, _, channels, filters = spec.inputs[0].shape
    matrix = _method(spec).kernel
    w = [[f.load(here, F32.nbytes * (3 * i + j) * channels * filters, mask) for j in range(3)] for i in range(3)]
    (row,) = transformed(f, [matrix[a : a + 1]], [matrix], w)
    for b, value in enumerate(row):
        f.store(value, there, F32.nbytes * (a * len(matrix) + b) * spec.shape[1])


KERNEL = Kernel("whole", emit, items)
