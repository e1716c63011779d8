"""3x3 convolution with stride 1 by Winograd's F(t x t, 3x3), with the maximum over windows, on packed weights.

    for some tiles of t x t outputs at a time:
        for tile, channels (in vectors): V[(t + 2)^2][tile][c] = B' d B           # d: (t + 2)^2 inputs
        for xi in (t + 2)^2:  M[xi] = V[xi] @ U[xi]                      # [tiles, cin] x [cin, cout], the micro-kernel
        for tile, filters (in vectors): y = epilogue(A' m A, or maxima of it)     # and where these are, if asked

x [h, w, cin], y [rows, columns, cout]. t = 2: 16 multiplications instead of 36 for four outputs, t = 4: 36 instead of
144 for 16; `winograd_plan` chooses. Windows divide the tile. V and M are work space, in L1 or L2; `winograd_tiles` has
the transforms, and what tiles do at the edges. `primitives/winograd` says how both round. 1.9x of the direct kernel on
13x13x32 -> 64 for t = 2; t = 4 is 1.2x of that there, and 1.6x on maps without cut tiles.
"""

from __future__ import annotations

from contextlib import nullcontext
from itertools import product

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer
from planish.codegen.llvm.loops import PanelRun, cut, panel_runs
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.accumulate import accumulate, packed
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, first_and_extra
from planish.codegen.pieces.winograd_plan import Cut, cut_of, matrix_nbytes, row_nbytes, scratch_nbytes, tiles_in_block
from planish.codegen.pieces.winograd_tiles import transform_inputs, transform_outputs
from planish.primitives.rewritten.conv2d_winograd import Conv2DWinogradSettings


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    whole = cut_of(spec, f.lanes)
    channels = Conv2DWinogradSettings.of(spec).kernel_shape[2]
    inputs = operands.scratch
    products = f.offset(inputs, whole.products * matrix_nbytes(whole, channels, f.lanes))
    pointers = inputs, operands.inputs[1], products
    left = whole.tiles % whole.at_once
    start, end = operands.over(_blocks(whole))
    stop = whole.tiles if operands.grains is None else f.smaller(f.multiply(end, whole.at_once), whole.tiles)
    with f.loop(f.multiply(start, whole.at_once), stop, whole.at_once) as first:
        count: Index = whole.at_once
        if left:
            count = f.smaller(whole.at_once, f.subtract(whole.tiles, first.index))
        transform_inputs(f, spec, whole, operands.inputs[0], inputs, first.index, count)
        for tiles in (whole.at_once, left) if left else (whole.at_once,):
            with f.when(f.compare("eq", count, tiles)) if left else nullcontext():
                _multiply(f, spec, whole, pointers, tiles)
        transform_outputs(f, spec, whole, operands, products, first.index, count)


def _multiply(f: Function, spec: Spec, whole: Cut, pointers: tuple[Pointer, Pointer, Pointer], tiles: int) -> None:
    """The products of the first `tiles` tiles."""
    channels, filters = Conv2DWinogradSettings.of(spec).kernel_shape[2:]
    panels = Conv2DWinogradSettings.of(spec).panels
    matrices = (
        matrix_nbytes(whole, channels, f.lanes),
        channels * row_nbytes(filters, f.lanes),
        matrix_nbytes(whole, filters, f.lanes),
    )
    with f.loop(0, whole.products) as xi:
        x, w, y = (
            f.offset(pointer, f.multiply(xi.index, nbytes)) for pointer, nbytes in zip(pointers, matrices, strict=True)
        )
        for run in panel_runs(panels, sum(panels) * f.lanes, f.lanes):
            with f.loop(0, run.count) as panel:
                vector = f.add(f.multiply(panel.index, run.vectors), run.start)
                own = f.offset(w, f.multiply(vector, channels * f.vector_nbytes))
                into = f.offset(y, f.multiply(vector, f.vector_nbytes))
                _multiply_panel(f, (channels, filters), run, (x, own, into), tiles)


def _multiply_panel(
    f: Function, extents: tuple[int, int], run: PanelRun, pointers: tuple[Pointer, Pointer, Pointer], tiles: int
) -> None:
    """For one block of tiles after the other, in blocks of one or two sizes."""
    x, w, y = pointers
    in_nbytes, out_nbytes = (row_nbytes(extent, f.lanes) for extent in extents)
    blocks = cut(tiles, tiles_in_block(run.vectors, f.module.target.registers))
    start = 0
    for size in sorted(set(blocks), reverse=True):
        stop = start + size * blocks.count(size)
        with f.loop(start, stop, size) as tile:
            source = f.offset(x, f.multiply(tile.index, in_nbytes))
            target = f.offset(y, f.multiply(tile.index, out_nbytes))
            offsets = [number * in_nbytes for number in range(size)]
            zeros = [ZERO] * (size * run.vectors)
            sums = accumulate(f, zeros, source, offsets, packed(f, w, run.vectors), extents[0])
            for (number, v), total in zip(product(range(size), range(run.vectors)), sums, strict=True):
                f.store(total, target, number * out_nbytes + v * f.vector_nbytes)
        start = stop


def _blocks(whole: Cut) -> int:
    """Of tiles that are computed together."""
    return -(-whole.tiles // whole.at_once)


def grains(spec: Spec, target: Target) -> int:
    return _blocks(cut_of(spec, target.lanes))


KERNEL = Kernel(
    "image", emit, scratch_nbytes=scratch_nbytes, grains=grains, writes_apart=True, reads_apart=first_and_extra
)
