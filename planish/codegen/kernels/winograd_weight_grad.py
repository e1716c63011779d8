"""Gradient of a 3x3 kernel with stride 1 by Winograd's F(2x2, 3x3), before its transform back.

    for xi in 16 (each an item, or four of them):
        for image n, rows of tiles:
            V[tile][c] = (B' d B)[xi];  M[tile][o] = (A g A')[xi]     # d: 4x4 inputs, g: 2x2 gradients
            for block of c, panel of o: dU[xi][c][o] += sum over tiles of V[tile][c] * M[tile][o]    # in registers

x [h, w, cin] with its border, g [rows, columns, cout] of even extents, dU [16, cin, cout]. 16 multiplications in place
of 36 for four places of g. Each xi reads four pixels of a tile with factors of 1, 0 or -1, which are values at run
time: one code serves all. Enough rows of tiles are done at once that loading and storing dU is small beside the sums,
and few enough that V and M (work space) stay in L1. Registers as in `conv2d_weight_grad`. Against float64 the error is
1e-6 of the largest value for 2 x 256 tiles, as that of sums of 2048 terms. 1.5x (32 channels) to 2x (128) of the direct
kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

from planish.codegen.boxes import fill
from planish.codegen.function import Function, Index, Pointer, Value
from planish.codegen.kernel import Kernel, Operands, Spec
from planish.codegen.loops import PanelRun, cut, panel_runs, vectors_of
from planish.codegen.outer_products import block_rows
from planish.codegen.target import Target
from planish.ops.winograd import OUTPUT

FEWEST_CHANNELS, FEWEST_TILES = 16, 4
TILES_AT_ONCE = 32
LARGE_NBYTES = 2**17

# Row a of B' (INPUT[2]) is a one at the first place and this factor at the second.
INPUT_ROWS = ((0, 2, -1), (1, 2, 1), (2, 1, -1), (1, 3, -1))
_OUTPUT: list[list[int]] = OUTPUT[2].T.astype(int).tolist()


def pays(settings: Mapping[str, Any], extents: Sequence[int]) -> bool:
    """Whether this kernel can compute the gradient for g of these rows and columns, and is the faster one."""
    rows, columns, channels, filters = settings["kernel_shape"]
    plain = settings["strides"] == (1, 1) and settings["dilation"] == (1, 1) and settings["groups"] == 1
    tiles = -(-extents[0] // 2) * -(-extents[1] // 2)
    return bool(
        (rows, columns) == (3, 3) and plain and min(channels, filters) >= FEWEST_CHANNELS and tiles >= FEWEST_TILES
    )


def _tiles(spec: Spec) -> tuple[int, int]:
    rows, columns, _ = spec.inputs[1].shape
    return rows // 2, columns // 2


def _rows_at_once(spec: Spec) -> int:
    rows, columns = _tiles(spec)
    return min(rows, max(1, TILES_AT_ONCE // columns))


def scratch_nbytes(spec: Spec, target: Target) -> int:
    channels, filters = (vectors_of(extent, target.lanes) * target.lanes for extent in spec.shape[1:])
    return 4 * _rows_at_once(spec) * _tiles(spec)[1] * (channels + filters)


def _together(spec: Spec) -> int:
    """How many of the 16 an item computes: four if an image's maps are large, so that they are read less often."""
    return 4 if 4 * (spec.inputs[0].size + spec.inputs[1].size) > LARGE_NBYTES else 1


def items(spec: Spec, target: Target) -> int:
    return 16 // _together(spec)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    matrix = 4 * spec.shape[1] * spec.shape[2]
    together = _together(spec)
    first = f.multiply(operands.item, together)
    fill(f, f.offset(operands.output, f.multiply(first, matrix)), together * matrix // 4, 0.0)
    rows, _ = _tiles(spec)
    at_once = _rows_at_once(spec)
    whole = rows // at_once * at_once

    def emit_rows(x: Pointer, g: Pointer, row: Index, count: int) -> None:
        with f.loop(0, together) as number:
            xi = f.add(first, number.index)
            into = f.offset(operands.output, f.multiply(xi, matrix))
            _emit_rows(f, spec, operands.scratch, _Factors(f, xi), (x, g, into), row, count)

    with f.loop(0, operands.count) as image:
        x, g = (
            f.offset(pointer, f.multiply(image.index, 4 * type_.size))
            for pointer, type_ in zip(operands.inputs, spec.inputs, strict=True)
        )
        with f.loop(0, whole, at_once) as row:
            emit_rows(x, g, row.index, at_once)
        if rows > whole:
            emit_rows(x, g, whole, rows - whole)


class _Factors:
    """What xi = 4 a + b multiplies with: places and factors of rows (a) and columns (b), known at run time."""

    def __init__(self, f: Function, xi: Index) -> None:
        self._f = f
        axes = f.divide(xi, 4), f.remainder(xi, 4)
        self.first = [self._chosen(axis, [first for first, _, _ in INPUT_ROWS]) for axis in axes]
        self.second = [self._chosen(axis, [second for _, second, _ in INPUT_ROWS]) for axis in axes]
        self.signs = [self._number(axis, [factor for _, _, factor in INPUT_ROWS]) for axis in axes]
        self.outputs = [[self._number(axis, [row[p] for row in _OUTPUT]) for p in range(2)] for axis in axes]

    def _chosen(self, axis: Index, choices: Sequence[int]) -> Index:
        """choices[axis]."""
        value = str(choices[-1])
        for number, choice in enumerate(choices[:-1]):
            here = self._f.compare("eq", axis, number)
            value = self._f.let(f"select i1 {here}, i64 {choice}, i64 {value}")
        return value

    def _number(self, axis: Index, choices: Sequence[int]) -> Value:
        """choices[axis] in all lanes."""
        return self._f.splat(self._f.let(f"sitofp i64 {self._chosen(axis, choices)} to float"))


def _emit_rows(
    f: Function,
    spec: Spec,
    work: Pointer,
    factors: _Factors,
    pointers: tuple[Pointer, Pointer, Pointer],
    first: Index,
    rows: int,
) -> None:
    """Adds the sum over `rows` rows of tiles from the row `first` on."""
    x, g, into = pointers
    columns = _tiles(spec)[1]
    channels, filters = spec.shape[1:]
    widths = [4 * vectors_of(extent, f.lanes) * f.lanes for extent in (channels, filters)]
    products = f.offset(work, rows * columns * widths[0])
    with f.loop(0, rows) as row, f.loop(0, columns) as column:
        tile = f.add(f.multiply(row.index, columns), column.index)
        place = f.multiply(f.add(first, row.index), 2), f.multiply(column.index, 2)
        width = spec.inputs[0].shape[1]
        corner = f.offset(x, f.multiply(f.add(f.multiply(place[0], width), place[1]), 4 * channels))
        _transform_input(f, factors, corner, f.offset(work, f.multiply(tile, widths[0])), width, channels)
        width = spec.inputs[1].shape[1]
        corner = f.offset(g, f.multiply(f.add(f.multiply(place[0], width), place[1]), 4 * filters))
        _transform_gradient(f, factors, corner, f.offset(products, f.multiply(tile, widths[1])), width, filters)
    _multiply(f, spec, (work, products, into), rows * columns, widths)


def _vectors(f: Function, extent: int, body: Callable[[Index, str | None], None]) -> None:
    """`body` for each vector of an axis, by the number of its first element; the last one may have a mask."""
    whole = extent // f.lanes * f.lanes
    if whole:
        with f.loop(0, whole, f.lanes) as place:
            body(place.index, None)
    if extent > whole:
        body(whole, f.tail_mask(extent - whole))


def _transform_input(f: Function, factors: _Factors, x: Pointer, into: Pointer, width: int, channels: int) -> None:
    rows, columns = ((factors.first[axis], factors.second[axis]) for axis in (0, 1))
    pixels = [
        [f.offset(x, f.multiply(f.add(f.multiply(i, width), j), 4 * channels)) for j in columns] for i in rows
    ]  # fmt: skip

    def body(channel: Index, mask: str | None) -> None:
        nbytes = f.multiply(channel, 4)
        (a, b), (c, d) = [[f.load(pixel, nbytes, mask) for pixel in row] for row in pixels]
        upper, lower = f.fma(factors.signs[1], b, a), f.fma(factors.signs[1], d, c)
        f.store(f.fma(factors.signs[0], lower, upper), into, nbytes)

    _vectors(f, channels, body)


def _transform_gradient(f: Function, factors: _Factors, g: Pointer, into: Pointer, width: int, filters: int) -> None:
    def body(filter_: Index, mask: str | None) -> None:
        nbytes = f.multiply(filter_, 4)
        (a, b), (c, d) = [
            [f.load(g, f.add(nbytes, 4 * filters * (i * width + j)), mask) for j in (0, 1)] for i in (0, 1)
        ]
        down, across = factors.outputs
        left = f.fma(down[1], c, f.binary("fmul", down[0], a))
        right = f.fma(down[1], d, f.binary("fmul", down[0], b))
        f.store(f.fma(across[1], right, f.binary("fmul", across[0], left)), into, nbytes)

    _vectors(f, filters, body)


def _multiply(
    f: Function, spec: Spec, pointers: tuple[Pointer, Pointer, Pointer], tiles: int, widths: Sequence[int]
) -> None:
    """dU += V' M, block by block of the result."""
    transformed, products, into = pointers
    _, channels, filters = spec.shape
    panels = cut(vectors_of(filters, f.lanes), 2)
    block = min(channels, block_rows(max(panels), f.module.target.registers))
    whole = channels // block * block
    for run in panel_runs(panels, filters, f.lanes):
        with f.loop(0, run.count) as panel:
            vector = f.add(f.multiply(panel.index, run.vectors), run.start)
            moved = f.multiply(vector, f.vector_nbytes)
            columns, target = f.offset(products, moved), f.offset(into, moved)
            with f.loop(0, whole, block) as channel:
                at = f.offset(transformed, f.multiply(channel.index, 4))
                sums = f.offset(target, f.multiply(channel.index, 4 * filters))
                _add_block(f, (at, columns, sums), tiles, widths, block, run, filters)
            if channels > whole:
                at, sums = f.offset(transformed, 4 * whole), f.offset(target, 4 * whole * filters)
                _add_block(f, (at, columns, sums), tiles, widths, channels - whole, run, filters)


def _add_block(
    f: Function,
    pointers: tuple[Pointer, Pointer, Pointer],
    tiles: int,
    widths: Sequence[int],
    rows: int,
    run: PanelRun,
    filters: int,
) -> None:
    x, columns, into = pointers
    masks = [
        f.tail_mask(filters - (run.start + v) * f.lanes) if run.masked else None for v in range(run.vectors)
    ]  # fmt: skip
    places = [
        (4 * row * filters + v * f.vector_nbytes, masks[v]) for row, v in product(range(rows), range(run.vectors))
    ]
    with f.loop(0, tiles, carried=[f.load(into, nbytes, mask) for nbytes, mask in places]) as tile:
        own = f.offset(columns, f.multiply(tile.index, widths[1]))
        weights = [f.load(own, v * f.vector_nbytes) for v in range(run.vectors)]
        seen = f.offset(x, f.multiply(tile.index, widths[0]))
        sums = list(tile.carried)
        for row in range(rows):
            value = f.broadcast(seen, 4 * row)
            for v, weight in enumerate(weights):
                sums[row * run.vectors + v] = f.fma(value, weight, sums[row * run.vectors + v])
        tile.next(*sums)
    for (nbytes, mask), total in zip(places, tile.results, strict=True):
        f.store(total, into, nbytes, mask)


KERNEL = Kernel("reduce", emit, items, scratch_nbytes)
