"""Rows of a matrix times panels of weights: blocks of rows that share what is read of a panel, and single rows.

What is packed by panels is read panel by panel; weights that are read as they are have a row for each k.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import PanelRun, cut, numbered_runs, over_run, panel_runs, vectors_of
from planish.codegen.pieces.accumulate import Panel, accumulate
from planish.codegen.pieces.element import Element
from planish.codegen.pieces.kernel import Operands, Spec, epilogue_of
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


class DenseRows:
    """The rows that a call of a dense layer's kernel computes, some at a time.

    `unsigned_zero`: a sum that is zero is +0, so that leaving out terms that are zero does not change its sign.
    """

    def __init__(self, f: Function, spec: Spec, operands: Operands, *, unsigned_zero: bool = False) -> None:
        self.f, self.operands, self.unsigned_zero = f, operands, unsigned_zero
        self.features, self.units = spec.inputs[0].shape[-1], spec.shape[-1]
        settings = DensePanelsSettings.of(spec)
        self.packed, self.panels = settings.packed, settings.panels
        self._epilogue = epilogue_of(f, spec, operands)
        self._runs = numbered_runs(panel_runs(self.panels, self.units, f.lanes))

    def over_blocks(self, rows: Index, body: Callable[[Index, Index, int], None]) -> None:
        """`body` for rows from the first on, so many, a block at a time: large blocks, a smaller one, single rows."""
        f = self.f
        largest = rows_in_block(max(self.panels), f.module.target.registers, training=not self.packed)
        sizes = [largest, SMALL_BLOCK, 1] if largest > SMALL_BLOCK else [largest, 1]
        first: Index = 0
        for block in sizes:
            left = f.subtract(rows, first)
            whole = f.subtract(left, f.remainder(left, block)) if block > 1 else left
            if not isinstance(whole, int) or whole:
                body(first, whole, block)
            first = f.add(first, whole)

    def emit_blocks(self, start: Index, rows: Index, block: int) -> None:
        """Rows start .. start + rows - 1, so many at a time, a panel after the other."""
        f = self.f
        offsets = [f.floats.nbytes * self.features * row for row in range(block)]
        for before, run in self._runs:
            vectors = run.vectors
            with f.when_positive(rows), over_run(f, run, before, self.operands.grains) as panel:
                vector = f.add(f.multiply(panel.index, vectors), run.start)
                own = Panel(self.panel(vector), vectors, self.step_nbytes(vectors), self._tail(run))
                with f.loop(start, f.add(start, rows), block) as first:
                    zeros = [ZERO] * (block * vectors)
                    sums = accumulate(f, zeros, self.row(first.index), offsets, own, self.features)
                    self.store(sums, first.index, vector, run, block)

    def emit_single_row(self, row: Index) -> None:
        """Several panels of one row together: enough sums in flight to hide the latency of an FMA."""

        def emit_panels(vector: Index, run: PanelRun, count: int) -> None:
            self.store(self._row_sums(self.row(row), self.panel(vector), run, count), row, vector, run)

        self.over_panels(SINGLE_ROW_VECTORS, emit_panels)

    def over_panels(self, most: int, body: Callable[[Index, PanelRun, int], None]) -> None:
        """`body` for panels that follow each other, by their first vector: as many together as have `most` vectors, or
        one."""
        f, grains = self.f, self.operands.grains

        def emit_panels(first: Index, run: PanelRun, count: int) -> None:
            body(f.add(f.multiply(first, run.vectors), run.start), run, count)

        for before, run in self._runs:
            together = max(1, most // run.vectors)
            if grains is not None:
                self._over_some(run, before, grains, together, emit_panels)
                continue
            whole = run.count // together * together
            for first, last, group in ((0, whole, together), (whole, run.count, run.count - whole)):
                if last > first:
                    with f.loop(first, last, group) as panel:
                        emit_panels(panel.index, run, group)

    def row(self, number: Index) -> Pointer:
        return self.f.offset(self.operands.inputs[0], self.f.nbytes(number, self.features))

    def panel(self, vector: Index) -> Pointer:
        """The first row of the panel that begins with that vector of columns."""
        f = self.f
        return f.offset(self.operands.inputs[1], f.multiply(vector, self.vector_nbytes))

    @property
    def vector_nbytes(self) -> int:
        """From one panel to the next, for each vector of it."""
        return self.f.vector_nbytes * (self.features if self.packed else 1)

    def step_nbytes(self, vectors: int) -> int:
        """From one row of a panel to the next."""
        return vectors * self.f.vector_nbytes if self.packed else self.f.floats.nbytes * self.units

    def store(self, sums: Sequence[Value], row: Index, vector: Index, run: PanelRun, rows: int = 1) -> None:
        """What becomes of the sums of `rows` rows, from that one and that vector of columns on."""
        f, vectors = self.f, len(sums) // rows
        for number in range(rows):
            base = f.multiply(f.add(row, number), self.units)
            for v, total in enumerate(sums[number * vectors : (number + 1) * vectors]):
                column = f.multiply(f.add(vector, v), f.lanes)
                tail = run.masked and v == vectors - 1
                mask = f.tail_mask(self.units - (run.start + v) * f.lanes) if tail else None
                element = f.add(base, column)
                own = f.binary("fadd", total, ZERO) if self.unsigned_zero else total
                result = self._epilogue.apply(own, column, Element(element), mask)
                f.store(result, self.operands.output, f.nbytes(element), mask)

    def _row_sums(self, x: Pointer, w: Pointer, run: PanelRun, panels: int) -> list[Value]:
        """One row times `panels` panels that follow each other in `w`; one that is masked stands alone."""
        f, vectors = self.f, run.vectors
        panel_nbytes = self.vector_nbytes * vectors
        masks = ([None] * (vectors - 1) + [self._tail(run)]) * panels
        with f.loop(0, self.features, carried=[ZERO] * (panels * vectors)) as k:
            seen = f.broadcast(x, f.nbytes(k.index))
            at = f.offset(w, f.multiply(k.index, self.step_nbytes(vectors)))
            places = [panel * panel_nbytes + v * f.vector_nbytes for panel in range(panels) for v in range(vectors)]
            weights = [f.load(at, place, mask) for place, mask in zip(places, masks, strict=True)]
            k.next(*(f.fma(seen, row, total) for row, total in zip(weights, k.carried, strict=True)))
        return k.results

    def _over_some(
        self,
        run: PanelRun,
        before: int,
        grains: tuple[Index, Index],
        together: int,
        body: Callable[[Index, PanelRun, int], None],
    ) -> None:
        """Of a run, those that are among the grains: as many together as there are, of the rest half as many, and so
        on."""
        f = self.f
        first = f.larger(f.subtract(grains[0], before), 0)
        last = f.larger(f.smaller(f.subtract(grains[1], before), run.count), first)
        while together:
            if together <= run.count:
                left = f.subtract(last, first)
                whole = f.add(first, f.subtract(left, f.remainder(left, together)))
                with f.loop(first, whole, together, guarded=True) as panel:
                    body(panel.index, run, together)
                first = whole
            together //= 2

    def _tail(self, run: PanelRun) -> str | None:
        """The mask of the last vector of a panel's row: packed weights have zeros there."""
        if run.masked and not self.packed:
            return self.f.tail_mask(self.units - (run.start + run.vectors - 1) * self.f.lanes)
        return None
