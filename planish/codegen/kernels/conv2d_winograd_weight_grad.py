"""Gradient of a 3x3 kernel with stride 1 by Winograd's F(t x t, 3x3), before its transform back.

    for row a of the t + 2, half of the columns b (each an item; or all columns):
        for some rows of tiles, of one image or of several:
            V[b][tile][c] = (B' d B)[a][b];  M[b][tile][o] = (A g A')[a][b]     # d: (t + 2)^2 inputs, g: t^2 gradients
            for b, panel of o, block of c:
                dU[a][b][c][o] += sum over the tiles of V[b][tile][c] * M[b][tile][o]       # in registers

x [h, w, cin] with its border, g [rows, columns, cout], dU [(t + 2)^2, cin, cout]. 36 multiplications instead of 144 for
t = 4, 16 instead of 36 for t = 2. Rows are combined before columns, so no item repeats what another one does, except
half of the transforms if a row is two items. V and M are work space, small enough to stay in the second-level cache; dU
passes through it once for each group of tiles. Groups are counted from the first image of the batch, and the last one
may be smaller. Each group's sums begin at zero before they are added to dU, which rounds less than one long sum:
against float64 the error for 128 images of 64 tiles is 3e-6 of the largest value for t = 4, 1e-6 for t = 2. Blocks are
as in `conv2d_weight_grad`; the last vector of filters is masked.
"""

from __future__ import annotations

from itertools import product

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer
from planish.codegen.llvm.loops import PanelRun, panel_runs
from planish.codegen.llvm.target import CACHE_LINE_NBYTES, Target
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.outer_products import block_rows
from planish.codegen.pieces.winograd_weight_grad_plan import Tiling, panels_of, tiling_of
from planish.codegen.pieces.winograd_weight_grad_transforms import Side
from planish.primitives.rewritten.conv2d_winograd_weight_grad import Conv2DWinogradWeightGradSettings
from planish.primitives.winograd import method


def tiling(spec: Spec, target: Target) -> Tiling:
    _, channels, filters = spec.shape
    return tiling_of(
        Conv2DWinogradWeightGradSettings.of(spec).tile, spec.inputs[1].shape[:2], channels, filters, target.lanes
    )


class _Work:
    """The two sides, and where their work space is: rows half transformed, then V and M."""

    def __init__(self, spec: Spec, target: Target) -> None:
        self.tiling = own = tiling(spec, target)
        factors = method(own.tile).input.tolist(), method(own.tile).output.T.tolist()
        self.sides = [
            Side(each, own, type_.shape, target.lanes) for each, type_ in zip(factors, spec.inputs, strict=True)
        ]
        self.apart = [own.rows_at_once * own.columns * side.tile_nbytes for side in self.sides]
        matrices = own.places // own.parts
        sizes = [side.half_nbytes for side in self.sides] + [matrices * apart for apart in self.apart]
        rounded = [-(-size // CACHE_LINE_NBYTES) * CACHE_LINE_NBYTES for size in sizes]
        self._starts = [sum(rounded[:number]) for number in range(len(rounded))]
        self.nbytes = sum(rounded)

    def halves(self, f: Function, operands: Operands) -> list[Pointer]:
        return [f.offset(operands.scratch, start) for start in self._starts[:2]]

    def transformed(self, f: Function, operands: Operands) -> list[Pointer]:
        return [f.offset(operands.scratch, start) for start in self._starts[2:]]


def scratch_nbytes(spec: Spec, target: Target) -> int:
    return _Work(spec, target).nbytes


def items(spec: Spec, target: Target) -> int:
    return tiling(spec, target).items


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    work = _Work(spec, f.module.target)
    own = work.tiling
    a, part = f.divide(operands.item, own.parts), f.remainder(operands.item, own.parts)
    matrix = F32.nbytes * spec.shape[1] * spec.shape[2]
    columns = own.places // own.parts
    into = f.offset(operands.output, f.multiply(operands.item, columns * matrix))
    fill(f, into, columns * matrix // F32.nbytes, 0.0)
    for side, half in zip(work.sides, work.halves(f, operands), strict=True):
        side.clear(f, half)
    rows = f.multiply(operands.count, own.rows)
    with f.loop(0, rows, own.rows_at_once) as group:
        count = f.smaller(own.rows_at_once, f.subtract(rows, group.index))
        with f.loop(0, count) as inside:
            _transform(f, spec, operands, work, (a, part), f.add(group.index, inside.index), inside.index)
        with f.loop(0, columns) as b:
            v, m = (
                f.offset(pointer, f.multiply(b.index, apart))
                for pointer, apart in zip(work.transformed(f, operands), work.apart, strict=True)
            )
            sums = f.offset(into, f.multiply(b.index, matrix))
            _multiply(f, spec, work, (v, m, sums), f.multiply(count, own.columns))


def _transform(
    f: Function,
    spec: Spec,
    operands: Operands,
    work: _Work,
    places: tuple[Index, Index],
    number: Index,
    inside: Index,
) -> None:
    """V and M of the row of tiles `number`, counted through all images, which is the row `inside` of its group."""
    own = work.tiling
    image, row = f.divide(number, own.rows), f.remainder(number, own.rows)
    halves, transformed = work.halves(f, operands), work.transformed(f, operands)
    for position, side in enumerate(work.sides):
        source = f.offset(operands.inputs[position], f.nbytes(image, spec.inputs[position].size))
        side.combine_rows(f, source, row, places[0], halves[position])
        tiles = f.offset(transformed[position], f.multiply(inside, own.columns * side.tile_nbytes))
        side.combine_columns(f, halves[position], places[1], tiles, work.apart[position])


def _multiply(f: Function, spec: Spec, work: _Work, pointers: tuple[Pointer, Pointer, Pointer], tiles: Index) -> None:
    """dU += V' M, block by block of the result."""
    v, m, into = pointers
    _, channels, filters = spec.shape
    panels = panels_of(work.tiling.targets, f.module.target)
    for run in panel_runs(panels, filters, f.lanes):
        block = min(channels, block_rows(run.vectors, f.module.target.registers))
        whole = channels // block * block
        with f.loop(0, run.count) as panel:
            vector = f.add(f.multiply(panel.index, run.vectors), run.start)
            moved = f.multiply(vector, f.vector_nbytes)
            columns, target = f.offset(m, moved), f.offset(into, moved)
            with f.loop(0, whole, block) as channel:
                at = f.offset(v, f.nbytes(channel.index))
                sums = f.offset(target, f.nbytes(channel.index, filters))
                _add_block(f, work, (at, columns, sums), tiles, block, run, filters)
            if channels > whole:
                at, sums = f.offset(v, F32.nbytes * whole), f.offset(target, F32.nbytes * whole * filters)
                _add_block(f, work, (at, columns, sums), tiles, channels - whole, run, filters)


def _add_block(
    f: Function,
    work: _Work,
    pointers: tuple[Pointer, Pointer, Pointer],
    tiles: Index,
    rows: int,
    run: PanelRun,
    filters: int,
) -> None:
    v, m, into = pointers
    masks = [
        f.tail_mask(filters - (run.start + number) * f.lanes) if run.masked else None for number in range(run.vectors)
    ]  # fmt: skip
    places = [
        (F32.nbytes * row * filters + number * f.vector_nbytes, masks[number])
        for row, number in product(range(rows), range(run.vectors))
    ]
    with f.loop(0, tiles, carried=[ZERO] * len(places)) as tile:
        own = f.offset(m, f.multiply(tile.index, work.sides[1].tile_nbytes))
        weights = [f.load(own, number * f.vector_nbytes) for number in range(run.vectors)]
        seen = f.offset(v, f.multiply(tile.index, work.sides[0].tile_nbytes))
        sums = list(tile.carried)
        for row in range(rows):
            value = f.broadcast(seen, F32.nbytes * row)
            for number, weight in enumerate(weights):
                place = row * run.vectors + number
                sums[place] = f.fma(value, weight, sums[place])
        tile.next(*sums)
    for (nbytes, mask), total in zip(places, tile.results, strict=True):
        f.store(f.binary("fadd", f.load(into, nbytes, mask), total), into, nbytes, mask)


KERNEL = Kernel("reduce", emit, items, scratch_nbytes)
