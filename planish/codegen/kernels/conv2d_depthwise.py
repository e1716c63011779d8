"""Convolution without padding of each channel by itself, on the kernel as it is.

    for block of `rows` output rows:
        for vector of channels:                          # the last one masked
            weights[a][b] = w[a][b]                      # if all of them stay in registers
            for tile of `columns` output columns:
                for each pixel of x that the tile meets, row by row:
                    sums[i][j] += x[pixel] * weights[a][b]      # for all taps and outputs between which it stands
                y[i][j] = epilogue(sums[i][j])

x [h, w, c], y [rows, columns, c], w [kh, kw, 1, c]. A pixel is loaded once for all outputs of a tile that it meets. If
a kernel has too many taps for the registers, its rows are walked in a loop, and the weights of one row are held; a row
of more than MOST_COLUMNS taps is walked tap by tap. Registers: rows * columns sums + held weights + 1 pixel. Every
output adds its terms in the order of (a, b), whatever the tile. 2 * kh * kw FLOP an element of y, at the speed of
memory for maps that are not in the cache, at that of loads and FMAs for others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import cut, over_vectors, panel_runs, vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, epilogue_of, first_and_extra
from planish.codegen.pieces.pixels import Pixels
from planish.primitives.rewritten.conv2d_depthwise import Conv2DDepthwiseSettings
from planish.primitives.windows import Pair

MOST_ROWS, MOST_COLUMNS = 4, 8  # of a tile; of a row of taps whose code is written out
ROOM = 6  # registers beside held weights: sums, and what is loaded


@dataclass(frozen=True, slots=True)
class Tile:
    """Output rows and columns of a tile, whether it holds all weights, and its loads and FMAs for each output."""

    rows: int
    columns: int
    holds: bool
    cycles: float


def plan(extents: Pair, kernel: Pair, strides: Pair, dilation: Pair, registers: int) -> Tile:
    """The tile that loads least for each output of a map of these extents."""
    taps = kernel[0] * kernel[1]
    holds = taps <= registers - ROOM and kernel[1] <= MOST_COLUMNS
    room = registers - 2 - (taps if holds else min(kernel[1], MOST_COLUMNS))
    sizes = product(range(1, min(MOST_ROWS if holds else 1, extents[0]) + 1), range(1, min(8, extents[1]) + 1))
    tiles = [
        Tile(rows, columns, holds, _cycles((rows, columns), kernel, strides, dilation, holds=holds))
        for rows, columns in sizes
        if rows * columns <= room
    ]
    return min(tiles, key=lambda tile: (tile.cycles, -tile.columns))


def _cycles(tile: Pair, kernel: Pair, strides: Pair, dilation: Pair, *, holds: bool) -> float:
    """For each output, at two loads and two FMAs a cycle."""
    outputs, taps = tile[0] * tile[1], kernel[0] * kernel[1]
    if kernel[1] > MOST_COLUMNS:
        loads = taps * (outputs + 1)
    elif holds:
        loads = math.prod(_met(tile[axis], kernel[axis], strides[axis], dilation[axis]) for axis in (0, 1))
    else:
        loads = kernel[0] * _met(tile[1], kernel[1], strides[1], dilation[1]) + taps
    return max(taps / 2, loads / outputs / 2)


def _met(outputs: int, taps: int, stride: int, apart: int) -> int:
    """How many pixels along an axis this many outputs meet."""
    return len({place * stride + tap * apart for place in range(outputs) for tap in range(taps)})


def cycles(shape: Sequence[int], kernel: Pair, strides: Pair, dilation: Pair, target: Target) -> float:
    """Of a whole map of outputs of this shape."""
    rows, columns, channels = shape
    tile = plan((rows, columns), kernel, strides, dilation, target.registers)
    return rows * columns * vectors_of(channels, target.lanes) * (tile.cycles + 1)


class _Shape:
    """Extents, and byte distances in x and w."""

    def __init__(self, spec: Spec, target: Target) -> None:
        settings = Conv2DDepthwiseSettings.of(spec)
        self.rows, self.columns, self.channels = spec.shape
        self.strides, self.dilation = settings.strides, settings.dilation
        self.kernel = spec.inputs[1].shape[0], spec.inputs[1].shape[1]
        row, pixel, _ = spec.strides_of_input(0)
        self.row, self.pixel = F32.nbytes * row, F32.nbytes * pixel
        self.weight = F32.nbytes * self.channels
        self.tile = plan((self.rows, self.columns), self.kernel, self.strides, self.dilation, target.registers)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    shape = _Shape(spec, f.module.target)
    for run in panel_runs(cut(shape.rows, shape.tile.rows), shape.rows, 1):
        with f.loop(0, run.count) as block:
            row = f.add(f.multiply(block.index, run.vectors), run.start)

            def vector(channel: Index, mask: str | None, row: Index = row, rows: int = run.vectors) -> None:
                _Strip(f, spec, operands, shape, channel, mask).emit(row, rows)

            over_vectors(f, shape.channels, vector)


class _Strip:
    """One vector of channels of some rows."""

    def __init__(
        self, f: Function, spec: Spec, operands: Operands, shape: _Shape, channel: Index, mask: str | None
    ) -> None:
        self.f, self.shape, self.channel, self.mask = f, shape, channel, mask
        self.pixels, self.output = Pixels(f, spec), operands.output
        self.epilogue = epilogue_of(f, spec, operands)
        self.x = f.offset(operands.inputs[0], f.nbytes(channel))
        self.w = f.offset(operands.inputs[1], f.nbytes(channel))

    def emit(self, row: Index, rows: int) -> None:
        f, shape = self.f, self.shape
        held = self._weights(self.w, shape.kernel) if shape.tile.holds else []
        source = f.offset(self.x, f.multiply(row, shape.strides[0] * shape.row))
        for run in panel_runs(cut(shape.columns, shape.tile.columns), shape.columns, 1):
            with f.loop(0, run.count) as tile:
                column = f.add(f.multiply(tile.index, run.vectors), run.start)
                at = f.offset(source, f.multiply(column, shape.strides[1] * shape.pixel))
                places = list(product(range(rows), range(run.vectors)))
                self._store(row, column, places, self._convolve(at, held, places))

    def _weights(self, w: Pointer, extents: Pair) -> list[Value]:
        """Of so many rows and columns of taps from `w` on, row by row."""
        taps = product(range(extents[0]), range(extents[1]))
        return [
            self.f.load(w, (down * self.shape.kernel[1] + across) * self.shape.weight, self.mask)
            for down, across in taps
        ]

    def _convolve(self, x: Pointer, held: list[Value], places: list[Pair]) -> list[Value]:
        """The sums of outputs at `places`, rows and columns from the one that `x` belongs to."""
        f, shape = self.f, self.shape
        start = [ZERO] * len(places)
        if held:
            return self._taps(start, x, held, shape.kernel, places)
        with f.loop(0, shape.kernel[0], carried=start) as down:
            line = f.offset(x, f.multiply(down.index, shape.dilation[0] * shape.row))
            w = f.offset(self.w, f.multiply(down.index, shape.kernel[1] * shape.weight))
            if shape.kernel[1] <= MOST_COLUMNS:
                own = 1, shape.kernel[1]
                down.next(*self._taps(down.carried, line, self._weights(w, own), own, places))
            else:
                with f.loop(0, shape.kernel[1], carried=down.carried) as across:
                    pixel = f.offset(line, f.multiply(across.index, shape.dilation[1] * shape.pixel))
                    weights = self._weights(f.offset(w, f.multiply(across.index, shape.weight)), (1, 1))
                    across.next(*self._taps(across.carried, pixel, weights, (1, 1), places))
                down.next(*across.results)
        return down.results

    def _taps(
        self, before: Sequence[Value], x: Pointer, weights: list[Value], extents: Pair, places: list[Pair]
    ) -> list[Value]:
        """The sums with the products of so many rows and columns of taps."""
        f, (stride, across), (down, apart) = self.f, self.shape.strides, self.shape.dilation
        sums = list(before)
        meets: dict[Pair, list[Pair]] = {}  # a pixel: sums, and the weights that it meets for them
        for (number, (i, j)), tap in product(enumerate(places), range(len(weights))):
            a, b = divmod(tap, extents[1])
            meets.setdefault((i * stride + a * down, j * across + b * apart), []).append((number, tap))
        for row, column in sorted(meets):
            seen = f.load(x, row * self.shape.row + column * self.shape.pixel, self.mask)
            for number, tap in meets[row, column]:
                sums[number] = f.fma(seen, weights[tap], sums[number])
        return sums

    def _store(self, row: Index, column: Index, places: list[Pair], sums: Sequence[Value]) -> None:
        f = self.f
        first = self.pixels.at(row, column, self.channel)
        for (i, j), total in zip(places, sums, strict=True):
            element = self.pixels.beyond(first, i, j, 0)
            value = self.epilogue.apply(total, self.channel, element, self.mask)
            f.store(value, self.output, f.nbytes(self.pixels.stored(element)), self.mask)


KERNEL = Kernel("image", emit, writes_apart=True, reads_apart=first_and_extra)
