"""3x3 convolution with stride 1 by Winograd's F(2x2, 3x3), with the maximum over 2x2 windows, on packed weights.

    for row of 2x2 output tiles:
        for tile, channels (in vectors): V[16][tile][c] = B' d B        # d: 4x4 inputs
        for xi in 16:  M[xi] = V[xi] @ U[xi]                            # [tiles, cin] x [cin, cout], the micro-kernel
        for tile, filters (in vectors): y = epilogue(max or all of A' m A)      # and where the max is, if somebody asks

x [h, w, cin], y [rows, columns, cout]. 16 multiplications in place of 36 for four outputs; with pooling the output
tile is the window. One row of tiles at a time keeps V and M (64 bytes * tiles * (cin + cout)) in L1. Needs work space
for both. Rows and columns that no whole tile covers are read as zero and not stored: tiles at the lower and right edge
take their inputs through a mask of rows and columns known when the code is made. Error no worse than the direct sum's
(4e-7 against float64 for 32 channels). 1.9x of the direct kernel on 13x13x32 -> 64.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from planish.codegen.accumulate import accumulate
from planish.codegen.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.kernel import Kernel, Operands, Spec, epilogue_of
from planish.codegen.kernels.gated_places import store_places
from planish.codegen.kernels.pool2d import first_maximum
from planish.codegen.loops import cut, panel_runs, vectors_of
from planish.codegen.target import Target
from planish.ops.winograd import INPUT, OUTPUT

FEWEST_CHANNELS = 16
_INPUT: list[list[float]] = INPUT[2].tolist()
_OUTPUT: list[list[float]] = OUTPUT[2].tolist()


def pays(kernel_shape: Sequence[int], settings: Mapping[str, Any], window: tuple[int, int]) -> bool:
    """Whether this kernel can compute the convolution, and is the faster one."""
    rows, columns, channels, filters = kernel_shape
    plain = settings["strides"] == (1, 1) and settings["dilation"] == (1, 1) and settings["groups"] == 1
    return (
        (rows, columns) == (3, 3) and plain and window in ((1, 1), (2, 2)) and min(channels, filters) >= FEWEST_CHANNELS
    )


def panels_of(filters: int, lanes: int, registers: int) -> list[int]:
    return cut(vectors_of(filters, lanes), 4 if registers >= 32 else 3)


def tiles_in_block(vectors: int, registers: int) -> int:
    return max(1, (registers - 2 - vectors) // vectors)


def tiles_of(spec: Spec) -> tuple[int, int]:
    """Rows of tiles, and tiles in a row: whole tiles only if pooled, all that have an output otherwise."""
    rows, columns = spec.shape[:2]
    return (rows, columns) if spec.attributes["window"] == (2, 2) else (-(-rows // 2), -(-columns // 2))


def scratch_nbytes(spec: Spec, target: Target) -> int:
    channels, filters = (
        vectors_of(extent, target.lanes) * target.lanes for extent in spec.attributes["kernel_shape"][2:]
    )
    return 4 * 16 * tiles_of(spec)[1] * (channels + filters)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    tile_rows, _ = tiles_of(spec)
    height, width, channels = spec.inputs[0].shape
    complete = sum(2 * row + 4 <= height for row in range(tile_rows))
    row_nbytes = 4 * width * channels
    with f.loop(0, complete) as row:
        _emit_tile_row(
            f, spec, operands, f.offset(operands.inputs[0], f.multiply(row.index, 2 * row_nbytes)), row.index, 4
        )
    for last in range(complete, tile_rows):
        _emit_tile_row(f, spec, operands, f.offset(operands.inputs[0], last * 2 * row_nbytes), last, height - 2 * last)


def _emit_tile_row(f: Function, spec: Spec, operands: Operands, x: Pointer, row: Index, rows_left: int) -> None:
    """One row of tiles, whose inputs have `rows_left` rows (4, or fewer at the lower edge)."""
    tiles = tiles_of(spec)[1]
    width, channels = spec.inputs[0].shape[1:]
    padded = vectors_of(channels, f.lanes) * f.lanes
    transformed = operands.scratch
    products = f.offset(operands.scratch, 4 * 16 * tiles * padded)
    complete = sum(2 * tile + 4 <= width for tile in range(tiles))
    if complete:
        with f.loop(0, complete) as tile:
            _transform_input(f, spec, x, transformed, tile.index, rows_left, 4)
    for last in range(complete, tiles):
        _transform_input(f, spec, x, transformed, last, rows_left, width - 2 * last)
    _multiply(f, spec, operands, transformed, products, tiles)
    _transform_output(f, spec, operands, products, row, tiles)


def _transform_input(f: Function, spec: Spec, x: Pointer, into: Pointer, tile: Index, rows: int, columns: int) -> None:
    width, channels = spec.inputs[0].shape[1:]
    tiles = tiles_of(spec)[1]
    padded = vectors_of(channels, f.lanes) * f.lanes
    source = f.offset(x, f.multiply(tile, 8 * channels))
    target = f.offset(into, f.multiply(tile, 4 * padded))
    whole = channels // f.lanes * f.lanes

    def block(channel: Index, mask: str | None) -> None:
        at, to = f.offset(source, f.multiply(channel, 4)), f.offset(target, f.multiply(channel, 4))
        pixels = [
            [f.load(at, 4 * (i * width + j) * channels, mask) if i < rows and j < columns else ZERO for j in range(4)]
            for i in range(4)
        ]
        half = [[_combine(f, _INPUT[a], [pixels[i][j] for i in range(4)]) for j in range(4)] for a in range(4)]
        for a, b in product(range(4), range(4)):
            f.store(_combine(f, _INPUT[b], half[a]), to, 4 * (4 * a + b) * tiles * padded)

    if whole:
        with f.loop(0, whole, f.lanes) as channel:
            block(channel.index, None)
    if channels > whole:
        block(whole, f.tail_mask(channels - whole))


def _multiply(f: Function, spec: Spec, operands: Operands, transformed: Pointer, products: Pointer, tiles: int) -> None:
    channels, filters = spec.attributes["kernel_shape"][2:]
    in_nbytes, out_nbytes = (4 * vectors_of(extent, f.lanes) * f.lanes for extent in (channels, filters))
    panels = spec.attributes["panels"]
    matrix = channels * out_nbytes
    with f.loop(0, 16) as place:
        x = f.offset(transformed, f.multiply(place.index, tiles * in_nbytes))
        y = f.offset(products, f.multiply(place.index, tiles * out_nbytes))
        w = f.offset(operands.inputs[1], f.multiply(place.index, matrix))
        for run in panel_runs(panels, sum(panels) * f.lanes, f.lanes):
            with f.loop(0, run.count) as panel:
                vector = f.add(f.multiply(panel.index, run.vectors), run.start)
                weights = f.offset(w, f.multiply(vector, channels * f.vector_nbytes))
                into = f.offset(y, f.multiply(vector, f.vector_nbytes))
                block = min(tiles_in_block(run.vectors, f.module.target.registers), tiles)
                whole = tiles // block * block
                with f.loop(0, whole, block) as first:
                    _product(f, x, weights, into, first.index, block, (channels, run.vectors, in_nbytes, out_nbytes))
                if tiles > whole:
                    _product(f, x, weights, into, whole, tiles - whole, (channels, run.vectors, in_nbytes, out_nbytes))


def _product(
    f: Function, x: Pointer, w: Pointer, y: Pointer, first: Index, count: int, extents: tuple[int, int, int, int]
) -> None:
    channels, vectors, in_nbytes, out_nbytes = extents
    source = f.offset(x, f.multiply(first, in_nbytes))
    target = f.offset(y, f.multiply(first, out_nbytes))
    sums = accumulate(
        f, [ZERO] * (count * vectors), source, [tile * in_nbytes for tile in range(count)], w, channels, vectors
    )
    for tile, v in product(range(count), range(vectors)):
        f.store(sums[tile * vectors + v], target, tile * out_nbytes + v * f.vector_nbytes)


def _transform_output(f: Function, spec: Spec, operands: Operands, products: Pointer, row: Index, tiles: int) -> None:
    """The last tile of a row, and the last row, may have outputs beyond the map: those are not stored."""
    rows, columns, _ = spec.shape
    if spec.attributes["window"] == (2, 2):
        with f.loop(0, tiles) as tile:
            _emit_outputs(f, spec, operands, products, row, tile.index, 1, 1)
        return
    last_row = rows - 2 * row if isinstance(row, int) else 2
    whole = columns // 2
    if isinstance(row, int) or rows % 2 == 0:
        for count, columns_left in ((whole, 2), (tiles - whole, 1)):
            if count:
                start = 0 if columns_left == 2 else whole
                with f.loop(start, start + count) as tile:
                    _emit_outputs(f, spec, operands, products, row, tile.index, min(2, last_row), columns_left)
        return
    # The row is known only at run time, and the last one has a single line of outputs.
    for predicate, lines in (("slt", 2), ("eq", 1)):
        with f.when(f.compare(predicate, row, rows // 2)):
            for start, stop, columns_left in ((0, whole, 2), (whole, tiles, 1)):
                if stop > start:
                    with f.loop(start, stop) as tile:
                        _emit_outputs(f, spec, operands, products, row, tile.index, lines, columns_left)


def _emit_outputs(
    f: Function, spec: Spec, operands: Operands, products: Pointer, row: Index, tile: Index, rows: int, columns: int
) -> None:
    """`rows` x `columns` outputs of one tile (or the one maximum, if pooled), all filters."""
    filters = spec.shape[2]
    whole = filters // f.lanes * f.lanes
    if whole:
        with f.loop(0, whole, f.lanes) as channel:
            _emit_output_vector(f, spec, operands, products, (row, tile, channel.index), (rows, columns), None)
    if filters > whole:
        _emit_output_vector(
            f, spec, operands, products, (row, tile, whole), (rows, columns), f.tail_mask(filters - whole)
        )


def _emit_output_vector(
    f: Function,
    spec: Spec,
    operands: Operands,
    products: Pointer,
    place: tuple[Index, Index, Index],
    extents: tuple[int, int],
    mask: str | None,
) -> None:
    row, tile, channel = place
    map_columns, filters = spec.shape[1:]
    tiles = tiles_of(spec)[1]
    padded = 4 * vectors_of(filters, f.lanes) * f.lanes
    source = f.offset(f.offset(products, f.multiply(tile, padded)), f.multiply(channel, 4))
    m = [[f.load(source, (4 * a + b) * tiles * padded) for b in range(4)] for a in range(4)]
    half = [[_combine(f, _OUTPUT[p], [m[i][j] for i in range(4)]) for j in range(4)] for p in range(2)]
    values = [[_combine(f, _OUTPUT[q], half[p]) for q in range(2)] for p in range(2)]
    pooled = spec.attributes["window"] == (2, 2)
    scale = 1 if pooled else 2
    epilogue = epilogue_of(f, spec, operands)
    base = f.multiply(f.add(f.multiply(f.multiply(row, scale), map_columns), f.multiply(tile, scale)), filters)
    first = None
    if operands.beside is not None:
        largest, first = first_maximum(f, [*values[0], *values[1]])
        values = [[largest]]
    elif pooled:
        values = [[f.maximum(f.maximum(values[0][0], values[0][1]), f.maximum(values[1][0], values[1][1]))]]
    for p, q in product(range(extents[0]), range(extents[1])):
        element = f.add(f.add(base, (p * map_columns + q) * filters), channel)
        result = epilogue.apply(values[p][q], channel, element, mask)
        f.store(result, operands.output, f.multiply(element, 4), mask)
        if first is not None:
            store_places(f, operands, first, result, element, mask)


def _combine(f: Function, factors: Sequence[float], values: Sequence[Value]) -> Value:
    """The sum of values times 1, -1 or 0."""
    kept = [(factor, value) for factor, value in zip(factors, values, strict=True) if factor and value != ZERO]
    kept.sort(key=lambda term: -term[0])
    if not kept:
        return ZERO
    total = kept[0][1] if kept[0][0] > 0 else f.let(f"fneg {f.vector} {kept[0][1]}")
    for factor, value in kept[1:]:
        total = f.binary("fadd" if factor > 0 else "fsub", total, value)
    return total


KERNEL = Kernel("image", emit, scratch_nbytes=scratch_nbytes)
