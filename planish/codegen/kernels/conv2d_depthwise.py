"""Convolution without padding of each channel by itself, on the kernel as it is.

    for block of channels:                               # so many that what a row reads stays in L1
        for tile of `rows` output rows, `columns` output columns:
            for vector of channels:                      # the last one of all masked, in loops of its own
                for each pixel of x that the tile meets, row by row:
                    sums[i][j] += x[pixel] * w[a][b]     # for all taps and outputs between which it stands
                y[i][j] = epilogue(sums[i][j])

x [h, w, c], y [rows, columns, c], w [kh, kw, 1, c]. If all weights fit beside the sums, a pixel is loaded once for all
outputs of a tile that it meets; if not, the weights of one row of the kernel are held, and a pixel is loaded once for
each of these rows. A row of more than MOST_COLUMNS taps is walked tap by tap. Registers: rows * columns sums + held
weights + 1 pixel + 2 for what the tail needs. Every output adds its terms in the order of (a, b), whatever the tile.
2 * kh * kw FLOP an element of y, at the speed of memory for maps that are not in the cache, at that of loads and FMAs
for others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import cut, numbered_runs, over_run, panel_runs, vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, epilogue_of, first_and_extra
from planish.codegen.pieces.pixels import Pixels
from planish.primitives.rewritten.conv2d_depthwise import Conv2DDepthwiseSettings
from planish.primitives.windows import Pair

MOST_ROWS, MOST_COLUMNS = 4, 8  # of a tile; of a row of taps whose code is written out
MOST_WRITTEN_ROWS = 5  # of a kernel whose weights are not all held: more of them become a loop
BESIDE = 3  # registers beside sums and weights: a pixel, and constants of the tail
LATENCY = 4  # cycles from one term of a sum to the next
BLOCK_NBYTES = 256  # of the channels of a block: whole cache lines, few enough for many pixels to stay in L1


@dataclass(frozen=True, slots=True)
class Tile:
    """Output rows and columns of a tile, whether it holds all weights, and the cycles of each output."""

    rows: int
    columns: int
    holds: bool
    cycles: float


def plan(extents: Pair, kernel: Pair, strides: Pair, dilation: Pair, registers: int) -> Tile:
    """The tile of the fewest cycles for each output of a map of these extents, and of the fewest sums among those."""
    tiles = [
        Tile(rows, columns, holds, _cycles((rows, columns), kernel, strides, dilation, holds=holds))
        for rows, columns in product(range(1, min(MOST_ROWS, extents[0]) + 1), range(1, min(8, extents[1]) + 1))
        for holds in (True, False)
        if rows * columns + _held(kernel, holds=holds) + BESIDE <= registers and (not holds or _can_hold(kernel))
    ]
    return min(tiles, key=lambda tile: (tile.cycles, tile.rows * tile.columns, -tile.columns))


def _can_hold(kernel: Pair) -> bool:
    return kernel[1] <= MOST_COLUMNS


def _held(kernel: Pair, *, holds: bool) -> int:
    """The most weights that are in registers at a time."""
    if holds:
        return kernel[0] * kernel[1]
    return kernel[1] if kernel[1] <= MOST_COLUMNS else 1


def _cycles(tile: Pair, kernel: Pair, strides: Pair, dilation: Pair, *, holds: bool) -> float:
    """For each output, at two loads and two FMAs a cycle, and no less than a sum waits for its terms."""
    outputs, taps = tile[0] * tile[1], kernel[0] * kernel[1]
    across = _met(tile[1], kernel[1], strides[1], dilation[1])
    if kernel[1] > MOST_COLUMNS:
        loads = taps * (outputs + 1)
    elif holds:
        loads = _met(tile[0], kernel[0], strides[0], dilation[0]) * across + taps
    else:
        loads = kernel[0] * tile[0] * across + taps
    return max(taps / 2, loads / outputs / 2, taps * LATENCY / outputs)


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
        nbytes = target.floats.nbytes
        self.row, self.pixel, self.weight = nbytes * row, nbytes * pixel, nbytes * self.channels
        self.tile = plan((self.rows, self.columns), self.kernel, self.strides, self.dilation, target.registers)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    shape = _Shape(spec, f.module.target)
    whole = shape.channels // f.lanes * f.lanes
    block = BLOCK_NBYTES // f.floats.nbytes
    if whole:
        with f.loop(0, whole, block) as first:
            stop = f.smaller(f.add(first.index, block), whole)

            def vectors(row: Index, column: Index, places: list[Pair], start: Index = first.index) -> None:
                with f.loop(start, stop, f.lanes) as channel:
                    _Strip(f, spec, operands, shape, channel.index, None).emit(row, column, places)

            _over_tiles(f, shape, vectors, operands.grains)
    if shape.channels > whole:

        def last(row: Index, column: Index, places: list[Pair]) -> None:
            mask = f.tail_mask(shape.channels - whole)
            _Strip(f, spec, operands, shape, whole, mask).emit(row, column, places)

        _over_tiles(f, shape, last, operands.grains)


def _over_tiles(
    f: Function,
    shape: _Shape,
    body: Callable[[Index, Index, list[Pair]], None],
    grains: tuple[Index, Index] | None,
) -> None:
    """`body` for each tile: its first row and column, and the distances of its outputs from there."""
    for before, rows in numbered_runs(panel_runs(cut(shape.rows, shape.tile.rows), shape.rows, 1)):
        with over_run(f, rows, before, grains) as down:
            row = f.add(f.multiply(down.index, rows.vectors), rows.start)
            for columns in panel_runs(cut(shape.columns, shape.tile.columns), shape.columns, 1):
                with f.loop(0, columns.count) as across:
                    column = f.add(f.multiply(across.index, columns.vectors), columns.start)
                    body(row, column, list(product(range(rows.vectors), range(columns.vectors))))


class _Strip:
    """One vector of channels of a tile."""

    def __init__(
        self, f: Function, spec: Spec, operands: Operands, shape: _Shape, channel: Index, mask: str | None
    ) -> None:
        self.f, self.shape, self.channel, self.mask = f, shape, channel, mask
        self.pixels, self.output = Pixels(f, spec), operands.output
        self.epilogue = epilogue_of(f, spec, operands)
        self.x = f.offset(operands.inputs[0], f.nbytes(channel))
        self.w = f.offset(operands.inputs[1], f.nbytes(channel))

    def emit(self, row: Index, column: Index, places: list[Pair]) -> None:
        f, shape = self.f, self.shape
        down = f.multiply(row, shape.strides[0] * shape.row)
        at = f.offset(f.offset(self.x, down), f.multiply(column, shape.strides[1] * shape.pixel))
        self._store(row, column, places, self._convolve(at, places))

    def _weights(self, w: Pointer, extents: Pair) -> list[Value]:
        """Of so many rows and columns of taps from `w` on, row by row."""
        taps = product(range(extents[0]), range(extents[1]))
        return [
            self.f.load(w, (down * self.shape.kernel[1] + across) * self.shape.weight, self.mask)
            for down, across in taps
        ]

    def _convolve(self, x: Pointer, places: list[Pair]) -> list[Value]:
        """The sums of outputs at `places`, rows and columns from the one that `x` belongs to."""
        f, shape = self.f, self.shape
        kernel, start = shape.kernel, [ZERO] * len(places)
        if shape.tile.holds:
            return self._taps(start, x, self._weights(self.w, kernel), kernel, places)
        if kernel[0] <= MOST_WRITTEN_ROWS and kernel[1] <= MOST_COLUMNS:
            sums = start
            for number in range(kernel[0]):
                sums = self._row(sums, x, number, places)
            return sums
        with f.loop(0, kernel[0], carried=start) as down:
            down.next(*self._row(down.carried, x, down.index, places))
        return down.results

    def _row(self, sums: Sequence[Value], x: Pointer, number: Index, places: list[Pair]) -> list[Value]:
        """The sums with the products of a row of taps."""
        f, shape = self.f, self.shape
        line = f.offset(x, f.multiply(number, shape.dilation[0] * shape.row))
        w = f.offset(self.w, f.multiply(number, shape.kernel[1] * shape.weight))
        if shape.kernel[1] <= MOST_COLUMNS:
            own = 1, shape.kernel[1]
            return self._taps(sums, line, self._weights(w, own), own, places)
        with f.loop(0, shape.kernel[1], carried=sums) as across:
            pixel = f.offset(line, f.multiply(across.index, shape.dilation[1] * shape.pixel))
            weights = self._weights(f.offset(w, f.multiply(across.index, shape.weight)), (1, 1))
            across.next(*self._taps(across.carried, pixel, weights, (1, 1), places))
        return across.results

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


def grains(spec: Spec, target: Target) -> int:
    """Rows of tiles."""
    shape = _Shape(spec, target)
    return -(-shape.rows // shape.tile.rows)


def rows_of_grains(spec: Spec, target: Target) -> list[int]:
    """Output rows of each grain, larger ones first."""
    shape = _Shape(spec, target)
    return cut(shape.rows, shape.tile.rows)


def first_row(f: Function, spec: Spec, grain: Index) -> Index:
    """The output row that a grain begins with; behind the last one, how many rows there are."""
    shape = _Shape(spec, f.module.target)
    each, larger = divmod(shape.rows, grains(spec, f.module.target))
    return f.add(f.multiply(grain, each), f.smaller(grain, larger))


KERNEL = Kernel("image", emit, grains=grains, writes_apart=True, reads_apart=first_and_extra)
