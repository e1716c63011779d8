"""Convolution without strides from its inputs' side, for few filters: each pixel is added to all outputs that see it.

    full = 0                                                     # the map of all pixels that see an input
    for kernel row a, panel of (kernel column, filter):
        for tile of `rows` input rows, column j:
            part[i][v] = sum over c of x[i][j][c] * w[a][c][v]   # the micro-kernel
            full[i + a * d][j ...][v] += part[i][v]
    for row: y = epilogue(full without what lies outside of y)

x [h, w, c] without its border, y [rows, columns * filters], w the turned kernel as kh matrices [c, kw * filters]. In
channels-last order the outputs that a pixel reaches in a row (kw * filters values) are contiguous, so they fill vectors
where the filters of one output do not. Borders of zeros are not multiplied. Registers: rows * vectors sums + vectors
weights + 1 broadcast. A tile goes down, since neighbours in a row add to the same outputs. The last vector of a run is
masked. An output's terms come in the order of the kernel's rows and the map's columns, whatever the tile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer
from planish.codegen.llvm.loops import PanelRun, counted, cut, panel_runs, vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.accumulate import accumulate, cycles_of_step, packed
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.element import Element
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, epilogue_of
from planish.primitives.conv2d import Conv2DSettings
from planish.primitives.rewritten.conv2d_scattered import Conv2DScatteredSettings
from planish.primitives.windows import Padding

# Cycles to add a vector of a tile to the map, and for the way there, through loads that wait for stores.
_ADDING, _TILE = 3.0, 10.0


@dataclass(frozen=True, slots=True)
class Tile:
    """Vectors in each panel of a row's outputs, input rows in a tile, and the cycles a column and kernel row."""

    panels: tuple[int, ...]
    rows: int
    cycles: float


def plan(run: int, rows: int, depth: int, lanes: int, registers: int) -> Tile:
    """The tile that needs the fewest cycles, for runs of this many outputs and maps of this many rows."""
    tiles = []
    for largest, most in product(range(1, min(vectors_of(run, lanes), 6) + 1), range(1, min(rows, registers) + 1)):
        panels = counted(vectors_of(run, lanes), largest)
        widest, _ = panels[0]
        if most > 1 and most * widest + widest + 1 >= registers:
            continue
        cycles = sum(
            times * count * (depth * cycles_of_step(height, vectors, registers) + _ADDING * height * vectors + _TILE)
            for (height, times), (vectors, count) in product(counted(rows, most), panels)
        )
        tiles.append((cycles, largest, most))
    cycles, largest, most = min(tiles, key=lambda tile: tile[0])
    return Tile(tuple(cut(vectors_of(run, lanes), largest)), most, cycles)


def can(kernel_shape: Sequence[int], settings: Conv2DSettings, border: Padding) -> bool:
    """Whether this kernel can compute the convolution: no output may lie where no pixel reaches."""
    plain = settings.strides == (1, 1) and settings.groups == 1
    across = settings.dilation[1] == 1 or kernel_shape[1] == 1
    reached = all(max(border[axis]) <= settings.dilation[axis] * (kernel_shape[axis] - 1) for axis in (0, 1))
    return plain and across and reached


def cycles(shape: Sequence[int], kernel_shape: Sequence[int], target: Target) -> float:
    """Of a whole map of this shape, without its border."""
    height, width, depth = shape
    kernel_rows, kernel_columns, _, filters = kernel_shape
    tile = plan(kernel_columns * filters, height, depth, target.lanes, target.registers)
    whole = (height + kernel_rows - 1) * (width + kernel_columns - 1) * filters
    return kernel_rows * width * tile.cycles + 3 * whole / target.lanes


class _Shape:
    """Extents of the maps, and byte distances in them."""

    def __init__(self, spec: Spec, target: Target) -> None:
        self.height, self.width, self.depth = spec.inputs[0].shape
        self.kernel_rows, self.kernel_columns, _, self.filters = Conv2DScatteredSettings.of(spec).kernel_shape
        self.down = Conv2DScatteredSettings.of(spec).dilation[0]
        reach = self.down * (self.kernel_rows - 1), self.kernel_columns - 1
        self.run = self.kernel_columns * self.filters
        self.full: tuple[int, int] = self.height + reach[0], (self.width + reach[1]) * self.filters
        self.row_nbytes = target.floats.nbytes * self.full[1]
        (top, _), (left, _) = Conv2DScatteredSettings.of(spec).border
        self.cut = (reach[0] - top) * self.row_nbytes + target.floats.nbytes * (reach[1] - left) * self.filters


def scratch_nbytes(spec: Spec, target: Target) -> int:
    rows, values = _Shape(spec, target).full
    return target.floats.nbytes * rows * values


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    shape = _Shape(spec, f.module.target)
    panels = Conv2DScatteredSettings.of(spec).panels
    fill(f, operands.scratch, shape.full[0] * shape.full[1], 0.0)
    matrix = shape.depth * f.vector_nbytes
    with f.loop(0, shape.kernel_rows) as down:
        target = f.offset(operands.scratch, f.multiply(down.index, shape.down * shape.row_nbytes))
        packed = f.offset(operands.inputs[1], f.multiply(down.index, matrix * sum(panels)))
        for run in panel_runs(panels, shape.run, f.lanes):
            with f.loop(0, run.count) as panel:
                vector = f.add(f.multiply(panel.index, run.vectors), run.start)
                weights = f.offset(packed, f.multiply(vector, matrix))
                into = f.offset(target, f.multiply(vector, f.vector_nbytes))
                _add_panel(f, shape, Conv2DScatteredSettings.of(spec).rows, operands.inputs[0], weights, into, run)
    _emit_rows(f, spec, shape, operands)


def _add_panel(f: Function, shape: _Shape, most: int, x: Pointer, w: Pointer, full: Pointer, run: PanelRun) -> None:
    """All pixels times one panel of one kernel row, added to the map of all outputs."""
    for rows in panel_runs(cut(shape.height, most), shape.height, 1):
        with f.loop(0, rows.count) as tile:
            row = f.add(f.multiply(tile.index, rows.vectors), rows.start)
            source = f.offset(x, f.nbytes(row, shape.width * shape.depth))
            target = f.offset(full, f.multiply(row, shape.row_nbytes))
            with f.loop(0, shape.width) as column:
                at = f.offset(source, f.nbytes(column.index, shape.depth))
                into = f.offset(target, f.nbytes(column.index, shape.filters))
                _add_tile(f, shape, at, w, into, rows.vectors, run)


def _add_tile(f: Function, shape: _Shape, x: Pointer, w: Pointer, full: Pointer, height: int, run: PanelRun) -> None:
    offsets = [f.floats.nbytes * row * shape.width * shape.depth for row in range(height)]
    sums = accumulate(f, [ZERO] * (height * run.vectors), x, offsets, packed(f, w, run.vectors), shape.depth)
    for row, v in product(range(height), range(run.vectors)):
        mask = f.tail_mask(shape.run - (run.start + v) * f.lanes) if run.masked else None
        nbytes = row * shape.row_nbytes + v * f.vector_nbytes
        total = f.binary("fadd", f.load(full, nbytes, mask), sums[row * run.vectors + v])
        f.store(total, full, nbytes, mask)


def _emit_rows(f: Function, spec: Spec, shape: _Shape, operands: Operands) -> None:
    rows, values = spec.shape
    epilogue = epilogue_of(f, spec, operands)
    whole = values // f.lanes * f.lanes

    def store(row: Index, source: Pointer, place: Index, mask: str | None) -> None:
        element = f.add(f.multiply(row, values), place)
        result = epilogue.apply(f.load(source, f.nbytes(place), mask), place, Element(element), mask)
        f.store(result, operands.output, f.nbytes(element), mask)

    with f.loop(0, rows) as row:
        source = f.offset(operands.scratch, f.add(f.multiply(row.index, shape.row_nbytes), shape.cut))
        if whole:
            with f.loop(0, whole, f.lanes) as place:
                store(row.index, source, place.index, None)
        if values > whole:
            store(row.index, source, whole, f.tail_mask(values - whole))


KERNEL = Kernel("image", emit, scratch_nbytes=scratch_nbytes)
