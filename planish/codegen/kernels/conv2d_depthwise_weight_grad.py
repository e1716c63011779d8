"""Gradient of the kernel of a depthwise convolution, of one image.

    dw = 0
    for strip of `rows` rows of g:
        for vector of channels:                          # the last one masked
            for block of taps:                           # as many as there is room for sums in registers
                for row of the strip, column:
                    part[a][b] += x[row * s + a * d][column * s + b * d] * g[row][column]
                dw[a][b] += part[a][b]

x [h, w, c] with its border, g [rows, columns, c], dw [kh, kw, 1, c], which the images of a batch then add up in their
order. A strip is long enough that reading and writing dw does not count, and short enough that its rows of x are read
from a near cache for every vector of channels. Registers: a sum for each tap of a block, and one of g. 2 * kh * kw FLOP
an element of g: at the speed of memory for maps that are not in the cache, at that of loads for others.
"""

from __future__ import annotations

from itertools import product

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import cut, over_vectors, panel_runs
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.conv2d_weight_grad import Conv2DWeightGradSettings
from planish.primitives.windows import Pair

STRIP_PIXELS = 48  # of g, for which dw is read and written once
ROOM = 4  # registers beside the sums
MOST_SUMS = 25


class _Shape:
    """Extents, and byte distances in x and g."""

    def __init__(self, spec: Spec, target: Target) -> None:
        settings = Conv2DWeightGradSettings.of(spec)
        self.rows, self.columns, self.channels = spec.inputs[1].shape
        self.strides, self.dilation = settings.strides, settings.dilation
        self.kernel = settings.kernel_shape[0], settings.kernel_shape[1]
        self.x, self.g = (
            (target.floats.nbytes * row, target.floats.nbytes * pixel)
            for row, pixel, _ in (spec.strides_of_input(0), spec.strides_of_input(1))
        )
        most = min(MOST_SUMS, target.registers - ROOM)
        self.across = cut(self.kernel[1], most)
        self.down = cut(self.kernel[0], max(1, most // self.across[0]))
        self.strips = cut(self.rows, max(1, STRIP_PIXELS // self.columns))


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    shape = _Shape(spec, f.module.target)
    fill(f, operands.output, spec.result.size, 0.0)
    for run in panel_runs(shape.strips, shape.rows, 1):
        with f.loop(0, run.count) as strip:
            row = f.add(f.multiply(strip.index, run.vectors), run.start)

            def vector(channel: Index, mask: str | None, row: Index = row, rows: int = run.vectors) -> None:
                _emit_vector(f, operands, shape, row, rows, channel, mask)

            over_vectors(f, shape.channels, vector)


def _emit_vector(
    f: Function, operands: Operands, shape: _Shape, row: Index, rows: int, channel: Index, mask: str | None
) -> None:
    """One vector of channels of a strip, all blocks of taps."""
    nbytes = f.nbytes(channel)
    x = f.offset(f.offset(operands.inputs[0], nbytes), f.multiply(row, shape.strides[0] * shape.x[0]))
    g = f.offset(f.offset(operands.inputs[1], nbytes), f.multiply(row, shape.g[0]))
    dw = f.offset(operands.output, nbytes)
    for down in panel_runs(shape.down, shape.kernel[0], 1):
        with f.loop(0, down.count) as tap_row:
            first_row = f.add(f.multiply(tap_row.index, down.vectors), down.start)
            for across in panel_runs(shape.across, shape.kernel[1], 1):
                with f.loop(0, across.count) as tap_column:
                    first_column = f.add(f.multiply(tap_column.index, across.vectors), across.start)
                    pixels = f.add(
                        f.multiply(first_row, shape.dilation[0] * shape.x[0]),
                        f.multiply(first_column, shape.dilation[1] * shape.x[1]),
                    )
                    tap = f.add(f.multiply(first_row, shape.kernel[1]), first_column)
                    block = down.vectors, across.vectors
                    parts = _block_sums(f, shape, f.offset(x, pixels), g, rows, block, mask)
                    _add(f, shape, f.offset(dw, f.nbytes(tap, shape.channels)), parts, block, mask)


def _block_sums(
    f: Function, shape: _Shape, x: Pointer, g: Pointer, rows: int, block: Pair, mask: str | None
) -> list[Value]:
    """For each of the block's taps, the sum over the strip."""
    offsets = [
        a * shape.dilation[0] * shape.x[0] + b * shape.dilation[1] * shape.x[1]
        for a, b in product(range(block[0]), range(block[1]))
    ]
    with f.loop(0, rows, carried=[ZERO] * len(offsets)) as row:
        x_row = f.offset(x, f.multiply(row.index, shape.strides[0] * shape.x[0]))
        g_row = f.offset(g, f.multiply(row.index, shape.g[0]))
        with f.loop(0, shape.columns, carried=row.carried) as column:
            pixel = f.offset(x_row, f.multiply(column.index, shape.strides[1] * shape.x[1]))
            own = f.load(g_row, f.multiply(column.index, shape.g[1]), mask)
            column.next(
                *(
                    f.fma(f.load(pixel, offset, mask), own, total)
                    for offset, total in zip(offsets, column.carried, strict=True)
                )
            )
        row.next(*column.results)
    return row.results


def _add(f: Function, shape: _Shape, dw: Pointer, parts: list[Value], block: Pair, mask: str | None) -> None:
    """Adds the parts to what the strips before have left."""
    for (a, b), part in zip(product(range(block[0]), range(block[1])), parts, strict=True):
        nbytes = f.floats.nbytes * (a * shape.kernel[1] + b) * shape.channels
        f.store(f.binary("fadd", f.load(dw, nbytes, mask), part), dw, nbytes, mask)


KERNEL = Kernel("image", emit, reads_apart=lambda spec: (0, 1))
