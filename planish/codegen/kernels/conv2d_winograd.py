"""3x3 convolution with a stride of 1 or 2 by Winograd's method, with the maximum over windows, on packed weights.

    for some tiles of t x t outputs at a time:
        for tile, channels (in vectors): V[a, b][tile][c] = B' d B                   # d: the inputs of a tile
        for s in sums:  M[s] = sum over terms a, b of s: V[a, b] @ U[weight of a, b]    # the micro-kernel
        for tile, filters (in vectors): y = epilogue(A' m A, or maxima of it)        # and where these are, if asked

x [h, w, cin], y [rows, columns, cout]. With a stride of 1, t = 2 takes 16 multiplications instead of 36 for four
outputs, t = 4 takes 36 instead of 144 for 16, and a sum has one term. With a stride of 2, t = 2 takes 25 instead of 36,
t = 3 takes 49 instead of 81 for nine, and a sum has up to four terms, which are added in registers. `winograd_plan`
chooses. Windows divide the tile. V and M are work space, in L1 or L2; `winograd_tiles` has the transforms, and what
tiles do at the edges. `primitives/winograd` has the matrices, and says how they round. 1.9x of the direct kernel on
13x13x32 -> 64 for t = 2; t = 4 is 1.2x of that there, and 1.6x on maps without cut tiles. With a stride of 2, 1.3x of
the direct kernel on 30x30x32 -> 14x14x64 for t = 2, and 1.4x on 19x19x24 -> 9x9x48 for t = 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import product
from typing import NamedTuple

import numpy as np

from planish.codegen.llvm.element_type import I32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import PanelRun, cut, numbered_runs, over_run, panel_runs
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.accumulate import Ahead, accumulate, packed
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, first_and_extra
from planish.codegen.pieces.winograd_plan import Cut, cut_of, matrix_nbytes, row_nbytes, scratch_nbytes, tiles_in_block
from planish.codegen.pieces.winograd_tiles import transform_inputs, transform_outputs
from planish.primitives.rewritten.conv2d_winograd import Conv2DWinogradSettings
from planish.primitives.winograd import Method


class _Work(NamedTuple):
    """Transformed tiles, packed weights, products; and the panels that are computed, all unless they are given."""

    inputs: Pointer
    weights: Pointer
    products: Pointer
    panels: tuple[Index, Index] | None


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    whole = cut_of(spec, f.module.target)
    channels = Conv2DWinogradSettings.of(spec).kernel_shape[2]
    products = f.offset(operands.scratch, whole.products * matrix_nbytes(whole, channels, f.lanes))
    work = _Work(operands.scratch, operands.inputs[1], products, operands.grains if whole.by_panel else None)
    start, end = (0, whole.tiles) if whole.by_panel else _tiles_of(f, whole, operands)
    with f.loop(start, end, whole.at_once) as first:
        count = _count(f, whole, first.index, end)
        transform_inputs(f, spec, whole, operands.inputs[0], work.inputs, first.index, count)
        for tiles, condition in _counts(f, whole, count):
            with nullcontext() if condition is None else f.when(condition):
                _multiply(f, spec, whole, work, tiles)
        transform_outputs(f, spec, whole, operands, products, (first.index, count), _filters_of(f, spec, work.panels))


def _tiles_of(f: Function, whole: Cut, operands: Operands) -> tuple[Index, Index]:
    """Those of the grains."""
    start, end = operands.over(_grains_of_tiles(whole))
    return f.multiply(start, whole.grain), f.smaller(f.multiply(end, whole.grain), whole.tiles)


def _count(f: Function, whole: Cut, first: Index, end: Index) -> Index:
    """Of the tiles from the first one on: what is at once, unless fewer are left."""
    always = whole.tiles % whole.at_once == 0 and (whole.by_panel or whole.at_once == whole.grain)
    return whole.at_once if always else f.smaller(whole.at_once, f.subtract(end, first))


def _counts(f: Function, whole: Cut, count: Index) -> list[tuple[Index, Value | None]]:
    """How many tiles are computed together, if that is known, and when it is so many."""
    if isinstance(count, int) or (whole.heavy and whole.at_once > whole.grain):
        return [(count, None)]
    return [(size, f.compare("eq", count, size)) for size in whole.counts]


def _filters_of(f: Function, spec: Spec, panels: tuple[Index, Index] | None) -> tuple[Index, Index] | None:
    """The filters of some panels."""
    if panels is None:
        return None
    first, end = (f.multiply(vector, f.lanes) for vector in _vectors_of(f, spec, panels))
    return first, f.smaller(end, Conv2DWinogradSettings.of(spec).kernel_shape[3])


def _vectors_of(f: Function, spec: Spec, panels: tuple[Index, Index]) -> tuple[Index, Index]:
    """Those before some panels, and before their end. Widths of panels are those of `cut`, the wider ones first."""
    own = Conv2DWinogradSettings.of(spec).panels
    narrow, wider = min(own), own.count(max(own))
    extra = max(own) - narrow
    first, end = (f.add(f.multiply(panel, narrow), f.multiply(f.smaller(panel, wider), extra)) for panel in panels)
    return first, end


def _multiply(f: Function, spec: Spec, whole: Cut, work: _Work, tiles: Index) -> None:
    """The products of the first `tiles` tiles."""
    channels, filters = Conv2DWinogradSettings.of(spec).kernel_shape[2:]
    panels = Conv2DWinogradSettings.of(spec).panels
    nbytes = matrix_nbytes(whole, channels, f.lanes), channels * row_nbytes(filters, f.lanes)
    own = _vectors_of(f, spec, work.panels) if work.panels and whole.fetches else None
    with f.loop(0, whole.sums) as number:
        terms = _Terms(f, whole.method, number.index, nbytes)
        y = f.offset(work.products, f.multiply(number.index, matrix_nbytes(whole, filters, f.lanes)))
        for before, run in numbered_runs(panel_runs(panels, sum(panels) * f.lanes, f.lanes)):
            with over_run(f, run, before, work.panels) as panel:
                vector = f.add(f.multiply(panel.index, run.vectors), run.start)
                weights = f.offset(work.weights, f.multiply(vector, channels * f.vector_nbytes))
                into = f.offset(y, f.multiply(vector, f.vector_nbytes))
                skipped = _skipped(f, own, f.add(vector, run.vectors), channels * f.vector_nbytes, nbytes[1])
                this = _Panel(whole, (channels, filters), run, terms, work.inputs, weights, into, skipped)
                _multiply_panel(f, this, tiles)


def _skipped(
    f: Function, own: tuple[Index, Index] | None, behind: Index, vector_nbytes: int, matrix_nbytes: int
) -> Index:
    """Bytes of weights between a panel, behind which is the vector `behind`, and the next one of a thread that has the
    vectors `own` of each matrix: those of other threads."""
    if own is None:
        return 0
    others = f.subtract(matrix_nbytes, f.multiply(f.subtract(own[1], own[0]), vector_nbytes))
    return f.let(f"select i1 {f.compare('eq', behind, own[1])}, i64 {others}, i64 0")


class _Terms:
    """The terms of the sum `number` of a tile: each is a product of two matrices, of inputs and of weights, which have
    so many bytes each.

    Where there is more than one, tables have the first term of each sum, and the numbers of the matrices of each term.
    """

    def __init__(self, f: Function, method: Method, number: Index, nbytes: tuple[int, int]) -> None:
        self._f, self._number, self._nbytes = f, number, nbytes
        self._tables = None if method.sums == method.products else _tables(f, method)

    def added(self, zeros: list[Value], term: Callable[[Sequence[Index], list[Value]], list[Value]]) -> list[Value]:
        """What `term` gives, which adds a term to values, by where its matrices are."""
        f = self._f
        if self._tables is None:
            return term([f.multiply(self._number, nbytes) for nbytes in self._nbytes], zeros)
        firsts, matrices = self._tables
        first, last = (f.load_count(firsts, f.nbytes(f.add(self._number, more), of=I32)) for more in (0, 1))
        with f.loop(first, last, carried=zeros) as place:
            pair = f.offset(matrices, f.multiply(place.index, 2 * I32.nbytes))
            numbers = [f.load_count(pair, I32.nbytes * side) for side in range(2)]
            at = [f.multiply(number, nbytes) for number, nbytes in zip(numbers, self._nbytes, strict=True)]
            place.next(*term(at, place.carried))
        return place.results


def _tables(f: Function, method: Method) -> tuple[Pointer, Pointer]:
    every = [list(product(down, across)) for down, across in product(method.terms, repeat=2)]
    weight = method.weight_of
    matrices = [
        (a * method.products + b, weight[a] * method.weights + weight[b]) for terms in every for a, b in terms
    ]  # fmt: skip
    firsts = np.cumsum([0, *map(len, every)])
    return f.module.data(firsts.astype("<i4").tobytes()), f.module.data(np.array(matrices, "<i4").tobytes())


class _Panel(NamedTuple):
    """A panel of the matrices of a sum; `extents` are channels and filters. `skipped`: bytes of weights between this
    panel and the one that is computed next."""

    whole: Cut
    extents: tuple[int, int]
    run: PanelRun
    terms: _Terms
    x: Pointer
    weights: Pointer
    y: Pointer
    skipped: Index


def _multiply_panel(f: Function, panel: _Panel, tiles: Index) -> None:
    """For one block of tiles after the other, in blocks of one or two sizes if their number is known."""
    most = tiles_in_block(panel.run.vectors, f.module.target.registers)
    if isinstance(tiles, int):
        blocks, start = cut(tiles, most), 0
        for size in sorted(set(blocks), reverse=True):
            stop = start + size * blocks.count(size)
            with f.loop(start, stop, size) as tile:
                _multiply_block(f, panel, tile.index, size)
            start = stop
        return
    rest = f.remainder(tiles, most)
    full = f.subtract(tiles, rest)
    with f.loop(0, full, most, guarded=True) as tile:
        _multiply_block(f, panel, tile.index, most)
    for size in range(1, most):
        with f.when(f.compare("eq", rest, size)):
            _multiply_block(f, panel, full, size)


def _multiply_block(f: Function, panel: _Panel, first: Index, size: int) -> None:
    vectors = panel.run.vectors
    in_nbytes, out_nbytes = (row_nbytes(extent, f.lanes) for extent in panel.extents)
    own, target = f.multiply(first, in_nbytes), f.offset(panel.y, f.multiply(first, out_nbytes))
    offsets = [number * in_nbytes for number in range(size)]

    def term(matrices: Sequence[Index], sums: list[Value]) -> list[Value]:
        source, weights = f.offset(panel.x, f.add(matrices[0], own)), f.offset(panel.weights, matrices[1])
        ahead = _next_panel(f, panel, weights, first, size) if panel.whole.fetches else None
        return accumulate(f, sums, source, offsets, packed(f, weights, vectors), panel.extents[0], ahead)

    sums = panel.terms.added([ZERO] * (size * vectors), term)
    for (number, v), total in zip(product(range(size), range(vectors)), sums, strict=True):
        f.store(total, target, number * out_nbytes + v * f.vector_nbytes)


def _next_panel(f: Function, panel: _Panel, weights: Pointer, first: Index, size: int) -> Ahead:
    """The share of the next panel that a block of tiles fetches; this one is at `weights`."""
    step = panel.run.vectors * f.vector_nbytes
    share = -(-step // panel.whole.at_once)
    behind = f.offset(weights, f.add(panel.extents[0] * step, panel.skipped))
    start = f.offset(behind, f.multiply(f.multiply(first, share), panel.extents[0]))
    return Ahead(start, share * size)


def _grains_of_tiles(whole: Cut) -> int:
    return -(-whole.tiles // whole.grain)


def grains(spec: Spec, target: Target) -> int:
    whole = cut_of(spec, target)
    return len(Conv2DWinogradSettings.of(spec).panels) if whole.by_panel else _grains_of_tiles(whole)


KERNEL = Kernel(
    "image", emit, scratch_nbytes=scratch_nbytes, grains=grains, writes_apart=True, reads_apart=first_and_extra
)
