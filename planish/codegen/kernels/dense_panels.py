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
from collections.abc import Callable, Sequence

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import PanelRun, cut, numbered_runs, over_run, panel_runs, vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.accumulate import Panel, accumulate
from planish.codegen.pieces.element import Element
from planish.codegen.pieces.expression import Epilogue
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, epilogue_of
from planish.primitives.rewritten.dense_panels import DensePanelsSettings

SINGLE_ROW_VECTORS = 8  # sums of one row in flight: enough to hide the latency of an FMA on two ports
PANEL_VECTORS = 2  # three would leave 16 registers for the sums of 3 rows, which read twice as much as 6 rows do
SMALL_BLOCK = 4  # rows: the fewest that have so many sums in flight


def panels_of(units: int, lanes: int) -> list[int]:
    """Vectors in each panel of columns."""
    return cut(vectors_of(units, lanes), PANEL_VECTORS)


def rows_in_block(vectors: int, registers: int, *, training: bool) -> int:
    """Rows whose sums fit beside weights and a broadcast: half of a block in prediction, or a whole one in training."""
    fit = max(1, (registers - 2 - vectors) // vectors)
    return min(16 if training and fit >= 16 else 14, fit)


class _Layout:
    """Where the weights are: packed by panels, or row by row as the layer has them."""

    def __init__(self, spec: Spec, vector_nbytes: int) -> None:
        packed = DensePanelsSettings.of(spec).packed
        self.vector_nbytes = vector_nbytes * (spec.inputs[0].shape[-1] if packed else 1)  # from panel to panel
        self._row_nbytes = None if packed else spec.floats.nbytes * spec.shape[-1]
        self._units = spec.shape[-1]
        self._lane_nbytes = vector_nbytes

    def panel(self, f: Function, weights: Pointer, vector: Index) -> Pointer:
        """The first row of the panel that begins with that vector of columns."""
        return f.offset(weights, f.multiply(vector, self.vector_nbytes))

    def step_nbytes(self, vectors: int) -> int:
        """From one row of a panel to the next."""
        return vectors * self._lane_nbytes if self._row_nbytes is None else self._row_nbytes

    def tail(self, f: Function, run: PanelRun) -> str | None:
        """The mask of the last vector of a panel's row: packed weights have zeros there."""
        if self._row_nbytes is not None and run.masked:
            return f.tail_mask(self._units - (run.start + run.vectors - 1) * f.lanes)
        return None


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    per_image = math.prod(spec.shape[:-1])
    rows = f.multiply(operands.count, per_image) if spec.result.batched else per_image
    settings = DensePanelsSettings.of(spec)
    panels, training = settings.panels, not settings.packed
    largest = rows_in_block(max(panels), f.module.target.registers, training=training)
    done: Index = 0
    for block in (largest, SMALL_BLOCK) if largest > SMALL_BLOCK else (largest,):
        left = f.subtract(rows, done)
        whole = f.subtract(left, f.remainder(left, block))
        if not isinstance(whole, int) or whole:
            _emit_blocks(f, spec, operands, done, whole, block)
        done = f.add(done, whole)
    rest = f.subtract(rows, done)
    if not isinstance(rest, int) or rest:
        with f.when_positive(rest), f.loop(done, rows) as row:
            _emit_single_row(f, spec, operands, row.index)


def _emit_blocks(f: Function, spec: Spec, operands: Operands, start: Index, rows: Index, block: int) -> None:
    """Rows start .. start + rows - 1, so many at a time."""
    features, units = spec.inputs[0].shape[-1], spec.shape[-1]
    epilogue = epilogue_of(f, spec, operands)
    offsets = [f.floats.nbytes * features * row for row in range(block)]
    layout = _Layout(spec, f.vector_nbytes)
    for before, run in numbered_runs(panel_runs(DensePanelsSettings.of(spec).panels, units, f.lanes)):
        vectors = run.vectors
        with f.when_positive(rows), over_run(f, run, before, operands.grains) as panel:
            vector = f.add(f.multiply(panel.index, vectors), run.start)
            weights = layout.panel(f, operands.inputs[1], vector)
            with f.loop(start, f.add(start, rows), block) as first:
                x = f.offset(operands.inputs[0], f.nbytes(first.index, features))
                own = Panel(weights, vectors, layout.step_nbytes(vectors), layout.tail(f, run))
                sums = accumulate(f, [ZERO] * (block * vectors), x, offsets, own, features)
                for row in range(block):
                    at = f.add(first.index, row)
                    row_sums = sums[row * vectors : (row + 1) * vectors]
                    _store(f, epilogue, operands.output, row_sums, at, vector, run, units)


def _emit_single_row(f: Function, spec: Spec, operands: Operands, row: Index) -> None:
    """Several panels of one row together: enough sums in flight to hide the latency of an FMA."""
    features, units = spec.inputs[0].shape[-1], spec.shape[-1]
    epilogue = epilogue_of(f, spec, operands)
    x = f.offset(operands.inputs[0], f.nbytes(row, features))
    layout = _Layout(spec, f.vector_nbytes)

    def emit_panels(first: Index, run: PanelRun, count: int) -> None:
        vector = f.add(f.multiply(first, run.vectors), run.start)
        weights = layout.panel(f, operands.inputs[1], vector)
        sums = _row_sums(f, x, weights, layout, features, run, count)
        _store(f, epilogue, operands.output, sums, row, vector, run, units)

    for before, run in numbered_runs(panel_runs(DensePanelsSettings.of(spec).panels, units, f.lanes)):
        together = max(1, SINGLE_ROW_VECTORS // run.vectors)
        if operands.grains is not None:
            _emit_some_panels(f, run, before, operands.grains, together, emit_panels)
            continue
        whole = run.count // together * together
        for first, last, group in ((0, whole, together), (whole, run.count, run.count - whole)):
            if last > first:
                with f.loop(first, last, group) as panel:
                    emit_panels(panel.index, run, group)


def _emit_some_panels(
    f: Function,
    run: PanelRun,
    before: int,
    grains: tuple[Index, Index],
    together: int,
    emit_panels: Callable[[Index, PanelRun, int], None],
) -> None:
    """Of a run, those that are among the grains: as many together as there are, of the rest half as many, and so on."""
    first = f.larger(f.subtract(grains[0], before), 0)
    last = f.larger(f.smaller(f.subtract(grains[1], before), run.count), first)
    while together:
        if together <= run.count:
            left = f.subtract(last, first)
            whole = f.add(first, f.subtract(left, f.remainder(left, together)))
            with f.loop(first, whole, together, guarded=True) as panel:
                emit_panels(panel.index, run, together)
            first = whole
        together //= 2


def grains(spec: Spec, target: Target) -> int:
    return len(DensePanelsSettings.of(spec).panels)


def _row_sums(
    f: Function, x: Pointer, w: Pointer, layout: _Layout, features: int, run: PanelRun, panels: int
) -> list[Value]:
    """One row times `panels` panels that follow each other in `w`; one that is masked stands alone."""
    vectors = run.vectors
    panel_nbytes = layout.vector_nbytes * vectors
    masks = ([None] * (vectors - 1) + [layout.tail(f, run)]) * panels
    with f.loop(0, features, carried=[ZERO] * (panels * vectors)) as k:
        seen = f.broadcast(x, f.nbytes(k.index))
        at = f.offset(w, f.multiply(k.index, layout.step_nbytes(vectors)))
        places = [panel * panel_nbytes + v * f.vector_nbytes for panel in range(panels) for v in range(vectors)]
        weights = [f.load(at, place, mask) for place, mask in zip(places, masks, strict=True)]
        k.next(*(f.fma(seen, row, total) for row, total in zip(weights, k.carried, strict=True)))
    return k.results


def _store(
    f: Function,
    epilogue: Epilogue,
    y: Pointer,
    sums: Sequence[Value],
    row: Index,
    vector: Index,
    run: PanelRun,
    units: int,
) -> None:
    base = f.multiply(row, units)
    for v, total in enumerate(sums):
        column = f.multiply(f.add(vector, v), f.lanes)
        tail = run.masked and v == len(sums) - 1
        mask = f.tail_mask(units - (run.start + v) * f.lanes) if tail else None
        element = f.add(base, column)
        f.store(epilogue.apply(total, column, Element(element), mask), y, f.nbytes(element), mask)


KERNEL = Kernel("rows", emit, grains=grains)
