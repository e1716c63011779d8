"""Convolution without padding with output columns in the lanes, for few filters.

    planes[c][pixel] = x[pixel][c]                                  # turned in registers
    for tile of `rows` output rows and `vectors` of columns:
        for kernel row a, input channel c, kernel column b:
            sums[i][v][o] += planes[c][(i * s + a * d), column v + b * d] * w[a][b][c][o]
        y[i][v] = epilogue(sums[i][v] with columns and filters turned)      # in registers

x [h, w, c], y [rows, columns * filters], w as it is. With strides in a row, so many neighbours are one pixel of more
channels: taps that leave the same remainder read the same plane. Registers: filters * rows * vectors sums + rows *
vectors of a plane + 1 broadcast. Lanes beyond the last column have what follows in the plane and are not stored; a
plane has room for what they read. Every output adds its terms in the order of (a, c, b), whatever the tile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import (
    PanelRun,
    counted,
    cut,
    numbered_runs,
    over_panels,
    over_run,
    panel_runs,
    vectors_of,
)
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.accumulate import FMA_LATENCY
from planish.codegen.pieces.element import Element
from planish.codegen.pieces.interleaving import interleaved, separated, shuffle_cycles
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, epilogue_of
from planish.primitives.conv2d import Conv2DSettings
from planish.primitives.rewritten.conv2d_columns import Conv2DColumnsSettings

MOST_PLANES = 128  # are turned in registers at once, by code that is written out
MOST_TAPS = 32  # of a kernel row whose code is written out


@dataclass(frozen=True, slots=True)
class Tile:
    """Output rows of a tile, vectors of columns of each tile of a row, and the cycles of a whole map for each k."""

    rows: int
    vectors: tuple[int, ...]
    cycles: float


def plan(filters: int, rows: int, columns: int, lanes: int, registers: int) -> Tile | None:
    """The tile that needs the fewest cycles; None if the filters are too many for the registers."""
    tiles = []
    whole = vectors_of(columns, lanes)
    for height, most in product(range(1, min(rows, 8) + 1), range(1, min(whole, registers) + 1)):
        vectors = counted(whole, most)
        if height * vectors[0][0] * (filters + 1) + 1 < registers:
            cycles = sum(
                times * count * _cycles(filters, part * own)
                for (part, times), (own, count) in product(counted(rows, height), vectors)
            )
            tiles.append((cycles, height, most))
    if not tiles:
        return None
    cycles, height, most = min(tiles, key=lambda tile: tile[0])
    return Tile(height, tuple(cut(whole, most)), cycles)


def _cycles(filters: int, vectors: int) -> float:
    """For each k, by counting FMAs, loads (most vectors of a plane lie across two cache lines) and latency."""
    return max(filters * vectors / 2, (filters + 2 * vectors) / 2, FMA_LATENCY / 2) + 0.5


def can(shape: Sequence[int], settings: Conv2DSettings) -> bool:
    """Whether this kernel can compute the convolution of maps of this shape."""
    across = settings.strides[1]
    return settings.groups == 1 and shape[1] % across == 0 and shape[2] * across <= MOST_PLANES


def cycles(shape: Sequence[int], kernel_shape: Sequence[int], result: Sequence[int], target: Target) -> float | None:
    """Of a whole map; None if the kernel cannot compute it."""
    rows, columns, filters = result
    tile = plan(filters, rows, columns, target.lanes, target.registers)
    if tile is None:
        return None
    turning = rows * vectors_of(columns, target.lanes) * shuffle_cycles(filters, target.lanes)
    turning += vectors_of(shape[0] * shape[1], target.lanes) * shuffle_cycles(shape[2], target.lanes)
    return tile.cycles * kernel_shape[0] * kernel_shape[1] * kernel_shape[2] + turning


class _Shape:
    """Extents of planes, and byte distances in them."""

    def __init__(self, spec: Spec, target: Target) -> None:
        height, width, depth = spec.inputs[0].shape
        settings = Conv2DColumnsSettings.of(spec)
        kernel_shape, strides, dilation = settings.kernel_shape, settings.strides, settings.dilation
        self.kernel_rows, self.kernel_columns, self.depth, self.filters = kernel_shape
        (self.stride, across), (self.down, self.apart) = strides, dilation
        self.rows, self.columns = spec.shape[0], spec.shape[1] // self.filters
        self.across = across
        self.planes, self.pixels = depth * across, height * width // across
        self.height, self.row_pixels = height, width // across
        self.row_nbytes = target.floats.nbytes * self.row_pixels
        tile = plan(self.filters, self.rows, self.columns, target.lanes, target.registers)
        assert tile is not None
        self.tile = tile
        self.rows_of_tiles = cut(self.rows, tile.rows)
        reach = self.apart * (self.kernel_columns - 1) // across
        self.plane_nbytes = target.floats.nbytes * (self.pixels + target.lanes * sum(tile.vectors) + reach)

    def tap_nbytes(self, f: Function, column: Index) -> Index:
        """From a pixel of the first plane to what a column of the kernel meets, in the plane of its channel 0."""
        distance = f.multiply(column, self.apart)
        plane = f.multiply(f.remainder(distance, self.across), self.depth * self.plane_nbytes)
        return f.add(plane, f.nbytes(f.divide(distance, self.across)))


def scratch_nbytes(spec: Spec, target: Target) -> int:
    shape = _Shape(spec, target)
    return shape.planes * shape.plane_nbytes


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    shape = _Shape(spec, f.module.target)
    runs = panel_runs(shape.rows_of_tiles, shape.rows, 1)
    _separate(f, shape, operands.inputs[0], operands.scratch, _rows_read(f, shape, operands.grains))
    for before, run in numbered_runs(runs):
        with over_run(f, run, before, operands.grains) as block:
            row = f.add(f.multiply(block.index, run.vectors), run.start)
            source = f.offset(operands.scratch, f.multiply(row, shape.stride * shape.row_nbytes))
            _emit_rows(f, spec, operands, shape, row, source, run.vectors)


def _rows_read(f: Function, shape: _Shape, grains: tuple[Index, Index] | None) -> tuple[Index, Index]:
    """The first row of x that the grains read, and the one behind the last."""
    if grains is None:
        return 0, shape.height
    first, behind = (_row_of(f, shape, number) for number in grains)
    reach = shape.down * (shape.kernel_rows - 1) + 1 - shape.stride
    return f.multiply(first, shape.stride), f.add(f.multiply(behind, shape.stride), reach)


def _row_of(f: Function, shape: _Shape, grain: Index) -> Index:
    """The first row of outputs of a row of tiles: the ones with more rows come first."""
    least, most = min(shape.rows_of_tiles), max(shape.rows_of_tiles)
    higher = f.multiply(f.smaller(grain, shape.rows_of_tiles.count(most)), most - least)
    return f.add(f.multiply(grain, least), higher)


def _emit_rows(
    f: Function, spec: Spec, operands: Operands, shape: _Shape, row: Index, source: Pointer, rows: int
) -> None:
    """All tiles of a row of tiles that has this many rows."""

    def tile(start: Index, run: PanelRun) -> None:
        first = f.multiply(start, f.lanes)
        places = list(product(range(rows), range(run.vectors)))
        sums = _convolve(f, shape, f.offset(source, f.nbytes(first)), operands.inputs[1], places)
        for (down, v), own in zip(places, sums, strict=True):
            left = run.tail(shape.columns, f.lanes) if v == run.vectors - 1 else f.lanes
            _store(f, spec, operands, shape, f.add(row, down), f.add(first, v * f.lanes), left, own)

    over_panels(f, panel_runs(shape.tile.vectors, shape.columns, f.lanes), tile)


def _separate(f: Function, shape: _Shape, x: Pointer, planes: Pointer, rows: tuple[Index, Index]) -> None:
    """A vector of pixels of every plane at a time, all that have pixels of these rows."""

    def block(first: Index, pixels: int) -> None:
        source = f.offset(x, f.nbytes(first, shape.planes))
        masks = [
            f.tail_mask(pixels * shape.planes - v * f.lanes) for v in range(vectors_of(pixels * shape.planes, f.lanes))
        ]
        loaded = [f.load(source, v * f.vector_nbytes, mask) for v, mask in enumerate(masks)]
        loaded += [ZERO] * (shape.planes - len(loaded))
        target = f.offset(planes, f.nbytes(first))
        for number, plane in enumerate(separated(f, loaded)):
            f.store(plane, target, number * shape.plane_nbytes)

    whole = shape.pixels // f.lanes * f.lanes
    first, behind = (f.multiply(row, shape.row_pixels) for row in rows)
    start = f.subtract(first, f.remainder(first, f.lanes))
    if whole:
        with f.loop(start, f.smaller(behind, whole), f.lanes, guarded=True) as vector:
            block(vector.index, f.lanes)
    if shape.pixels > whole:
        with f.when(f.compare("sgt", behind, whole)):
            block(whole, shape.pixels - whole)


def _convolve(
    f: Function, shape: _Shape, source: Pointer, w: Pointer, places: Sequence[tuple[int, int]]
) -> list[list[Value]]:
    """The sums of all filters for each of the vectors that stand at (row, vector) from `source` on."""
    offsets = [down * shape.stride * shape.row_nbytes + v * f.vector_nbytes for down, v in places]
    filters, values = shape.filters, shape.depth * shape.filters
    with f.loop(0, shape.kernel_rows, carried=[ZERO] * (len(places) * filters)) as row:
        x_row = f.offset(source, f.multiply(row.index, shape.down * shape.row_nbytes))
        w_row = f.offset(w, f.nbytes(row.index, shape.kernel_columns * values))
        with f.loop(0, shape.depth, carried=row.carried) as channel:
            plane = f.offset(x_row, f.multiply(channel.index, shape.plane_nbytes))
            weights = f.offset(w_row, f.nbytes(channel.index, filters))

            def tap(column: Index, before: Sequence[Value]) -> list[Value]:
                sums, nbytes = list(before), shape.tap_nbytes(f, column)
                seen = [f.load(plane, f.add(nbytes, offset)) for offset in offsets]
                for o in range(filters):
                    weight = f.broadcast(weights, f.add(f.nbytes(column, values), f.floats.nbytes * o))
                    for number, pixels in enumerate(seen):
                        place = number * filters + o
                        sums[place] = f.fma(pixels, weight, sums[place])
                return sums

            if shape.kernel_columns <= MOST_TAPS:
                channel.next(
                    *reduce(lambda sums, column: tap(column, sums), range(shape.kernel_columns), channel.carried)
                )
            else:
                with f.loop(0, shape.kernel_columns, carried=channel.carried) as column:
                    column.next(*tap(column.index, column.carried))
                channel.next(*column.results)
        row.next(*channel.results)
    return [row.results[number * filters : (number + 1) * filters] for number in range(len(places))]


def _store(
    f: Function,
    spec: Spec,
    operands: Operands,
    shape: _Shape,
    row: Index,
    column: Index,
    columns: int,
    sums: Sequence[Value],
) -> None:
    """For every filter a vector with this many columns from `column` on, in the order of a row of the result."""
    epilogue = epilogue_of(f, spec, operands)
    left = columns * shape.filters
    for v, value in enumerate(interleaved(f, sums)[: vectors_of(left, f.lanes)]):
        mask = f.tail_mask(left - v * f.lanes)
        place = f.add(f.multiply(column, shape.filters), v * f.lanes)
        element = f.add(f.multiply(row, spec.shape[1]), place)
        f.store(epilogue.apply(value, place, Element(element), mask), operands.output, f.nbytes(element), mask)


def grains(spec: Spec, target: Target) -> int:
    return len(_Shape(spec, target).rows_of_tiles)


KERNEL = Kernel("image", emit, scratch_nbytes=scratch_nbytes, grains=grains)
