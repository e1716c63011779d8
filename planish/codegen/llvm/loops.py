"""Loops of generated code, and how an extent is cut into vectors and panels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planish.codegen.llvm.function import Function, Index, Value


# Pieces of an axis that are written out in the code; more of them become a loop, or code would grow with an extent.
MOST_WRITTEN_OUT = 4


class Loop:
    """`for index in range(start, stop, step)` with values carried from one turn to the next.

    with f.loop(0, n, carried=[zero]) as k:
        k.next(f.fma(x, w, k.carried[0]))
    total, = k.results

    A loop whose body would run exactly once is emitted as straight code. The body runs at least once, unless the loop
    is `guarded`: then the bound is checked before every turn.
    """

    def __init__(
        self,
        function: Function,
        start: Index,
        stop: Index,
        step: int,
        carried: list[Value],
        types: list[str],
        guarded: bool,
    ) -> None:
        self._function = function
        self._start, self._stop, self._step = start, stop, step
        self._initial, self._types = carried, types
        self._guarded = guarded
        self._once = not guarded and isinstance(start, int) and isinstance(stop, int) and start + step >= stop
        self._following: list[Value] = list(carried)
        self.index: Index = start
        self.carried: list[Value] = carried
        self.results: list[Value] = carried

    def __enter__(self) -> Loop:
        if self._once:
            return self
        f = self._function
        self._head, self._exit, self._before = f.label("loop"), f.label("end"), f.block_name
        f.emit(f"br label %{self._head}")
        f.begin_block(self._head)
        self.index = f.fresh("i")
        self.carried = [f.fresh("c") for _ in self._initial]
        self._following = list(self.carried)
        self._phis_at = len(f.lines)
        f.lines.append("")
        if self._guarded:
            body = f.label("body")
            f.emit(f"br i1 {f.compare('slt', self.index, self._stop)}, label %{body}, label %{self._exit}")
            f.begin_block(body)
        return self

    def next(self, *values: Value) -> None:
        """The values that the next turn (or the code after the loop) sees as carried."""
        self._following = list(values)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            return
        f = self._function
        self.results = self._following
        if self._once:
            return
        following = f.let(f"add nsw i64 {self.index}, {self._step}")
        if self._guarded:
            self.results = self.carried
            f.emit(f"br label %{self._head}")
        else:
            again = f.compare("slt", following, self._stop)
            f.emit(f"br i1 {again}, label %{self._head}, label %{self._exit}")
        phis = [f"  {self.index} = phi i64 [ {self._start}, %{self._before} ], [ {following}, %{f.block_name} ]"]
        phis += [
            f"  {name} = phi {type_} [ {first}, %{self._before} ], [ {after}, %{f.block_name} ]"
            for name, type_, first, after in zip(self.carried, self._types, self._initial, self._following, strict=True)
        ]
        f.lines[self._phis_at] = "\n".join(phis)
        f.begin_block(self._exit)


def cut(extent: int, largest: int) -> list[int]:
    """`extent` as the fewest parts of at most `largest` each, as equal as can be, larger ones first."""
    parts = -(-extent // largest)
    return [extent // parts + (part < extent % parts) for part in range(parts)]


def counted(extent: int, largest: int) -> list[tuple[int, int]]:
    """The parts of `cut`, and how many there are of each."""
    parts = -(-extent // largest)
    each, larger = divmod(extent, parts)
    return [(size, count) for size, count in ((each + 1, larger), (each, parts - larger)) if count]


def vectors_of(channels: int, lanes: int) -> int:
    """Vector registers that hold `channels` values."""
    return -(-channels // lanes)


def starts_of(parts: Sequence[int]) -> list[int]:
    """Where each part begins."""
    return list(accumulate(parts, initial=0))[:-1]


@dataclass(frozen=True, slots=True)
class PanelRun:
    """`count` panels of `vectors` vectors each, one after another from vector `start` on.

    `masked` if the last vector is not full.
    """

    vectors: int
    start: int
    count: int
    masked: bool

    def tail(self, channels: int, lanes: int) -> int:
        """Channels in the last vector of a panel."""
        return channels - (self.start + self.vectors - 1) * lanes if self.masked else lanes


def panel_runs(panels: Sequence[int], channels: int, lanes: int) -> list[PanelRun]:
    """Panels that the same code can compute in a loop.

    Of equal width, without a tail (a panel with one stands alone).
    """
    runs: list[PanelRun] = []
    start = 0
    for vectors in panels:
        masked = (start + vectors) * lanes > channels
        last = runs[-1] if runs else None
        if last and last.vectors == vectors and not masked and not last.masked:
            runs[-1] = PanelRun(vectors, last.start, last.count + 1, False)
        else:
            runs.append(PanelRun(vectors, start, 1, masked))
        start += vectors
    return runs


def numbered_runs(runs: Sequence[PanelRun]) -> list[tuple[int, PanelRun]]:
    """Each with the number of panels before it."""
    return list(zip(starts_of([run.count for run in runs]), runs, strict=True))


def over_run(f: Function, run: PanelRun, before: int, panels: tuple[Index, Index] | None, step: int = 1) -> Loop:
    """A loop over the panels of a run that `before` others precede: over all, or those among the panels from the first
    of two numbers on, before the second."""
    if panels is None:
        return f.loop(0, run.count, step)
    first = f.larger(f.subtract(panels[0], before), 0)
    return f.loop(first, f.smaller(f.subtract(panels[1], before), run.count), step, guarded=True)


def over_panels(f: Function, runs: Sequence[PanelRun], body: Callable[[Index, PanelRun], None]) -> None:
    """`body` for each panel, by its first vector: written out if they are few, otherwise in a loop for each run."""
    few = sum(run.count for run in runs) <= MOST_WRITTEN_OUT
    for run in runs:
        starts = [run.start + number * run.vectors for number in range(run.count if few else 0)]
        for start in starts:
            body(start, run)
        if not few:
            with f.loop(0, run.count) as panel:
                body(f.add(f.multiply(panel.index, run.vectors), run.start), run)


def over_vectors(f: Function, extent: int, body: Callable[[Index, str | None], None]) -> None:
    """`body` for each vector of an axis, by the number of its first element; the last one may have a mask."""
    whole = extent // f.lanes * f.lanes
    if whole:
        with f.loop(0, whole, f.lanes) as place:
            body(place.index, None)
    if extent > whole:
        body(whole, f.tail_mask(extent - whole))


def over_some_vectors(
    f: Function, places: tuple[Index, Index], extent: int, body: Callable[[Index, str | None], None]
) -> None:
    """The same for the vectors between two places of the axis: the first is that of a vector, as is the second unless
    it is the end."""
    first, last = places
    whole = extent // f.lanes * f.lanes
    with f.loop(first, f.smaller(last, whole), f.lanes, guarded=True) as place:
        body(place.index, None)
    if extent > whole:
        with f.when(f.compare("sgt", last, whole)):
            body(whole, f.tail_mask(extent - whole))
