"""Gradient of a convolution's kernel: a sum over the batch, each part owned by one thread.

    for kernel row (or column), panel of filters:
        for image n, block of inputs r of the kernel row:
            part[r][o] = sum over i, j of x[n][i * s + a * d][j * s][r] * g[n][i][j][o];  dW[r][o] += part[r][o]

Blocks are `rows` broadcasts x `vectors` of columns in registers; no part of a sum is shared between threads, and
images are added in their order, so the bits do not depend on the number of threads. x has its border already. The last
vector of columns is masked. 2 * kh * kw * cin * cout * rows * columns FLOP an image, at the FMA limit
from about 12 rows up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product

from planish.codegen.llvm.function import ZERO, Function, Index, Value
from planish.codegen.llvm.loops import PanelRun, panel_runs
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.outer_products import block_cycles, block_rows, masks_of, outer_products, panels_of
from planish.primitives.conv2d_weight_grad import Conv2DWeightGradSettings


class Convolution:
    """Where the rows of the gradient (kernel row, kernel column, input channel) are in the input: contiguous runs."""

    def __init__(self, spec: Spec, target: Target) -> None:
        settings = Conv2DWeightGradSettings.of(spec)
        kernel_rows, kernel_columns, depth, filters = settings.kernel_shape
        self.width, self.channels = spec.inputs[0].shape[1:]
        self.rows, self.columns = spec.inputs[1].shape[:2]
        self.filters: int = filters
        self.groups = settings.groups
        self.strides, self.dilation = settings.strides, settings.dilation
        contiguous = (self.dilation[1] == 1 and self.groups == 1) or kernel_columns == 1
        self.across = 1 if contiguous else kernel_columns
        self.run = kernel_columns * depth if contiguous else depth
        self.runs = kernel_rows * self.across
        self.depth = depth
        self.panels = panels_of(filters // self.groups, target.lanes)
        self.block = block_rows(max(self.panels), target.registers)
        self.together = self.runs * self.run <= self.block
        self.items: int = self.groups * len(self.panels) * (1 if self.together else self.runs)

    def blocks(self) -> list[int]:
        """Rows of each block of a run."""
        whole, rest = divmod(self.run, self.block)
        return [self.block] * whole + ([rest] if rest else [])

    def run_offset(self, f: Function, run: Index) -> Index:
        """Bytes from a pixel to the first input of a run."""
        down, across = f.divide(run, self.across), f.remainder(run, self.across)
        pixels = f.add(f.multiply(down, self.dilation[0] * self.width), f.multiply(across, self.dilation[1]))
        return f.nbytes(pixels, self.channels)


def cycles(spec: Spec, target: Target) -> float:
    """For each pixel of g."""
    shape = Convolution(spec, target)
    blocks = Counter([shape.runs * shape.run] if shape.together else shape.blocks())
    each = sum(
        count * panels * block_cycles(rows, vectors)
        for (rows, count), (vectors, panels) in product(blocks.items(), Counter(shape.panels).items())
    )
    return shape.groups * each * (1 if shape.together else shape.runs)


def items(spec: Spec, target: Target) -> int:
    return Convolution(spec, target).items


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    shape = Convolution(spec, f.module.target)
    runs = 1 if shape.together else shape.runs
    run = f.remainder(operands.item, runs)
    group = f.divide(operands.item, runs * len(shape.panels))
    panel_number = f.remainder(f.divide(operands.item, runs), len(shape.panels))
    before = 0
    for panels in panel_runs(shape.panels, shape.filters // shape.groups, f.lanes):
        number = f.subtract(panel_number, before)
        before += panels.count
        with f.when(f.let(f"icmp ult i64 {number}, {panels.count}")):
            vector = f.add(f.multiply(number, panels.vectors), panels.start)
            panel = _Panel(f, spec, operands, shape, group, vector, panels)
            if shape.together:
                offsets = [
                    f.add(shape.run_offset(f, each), f.floats.nbytes * place)
                    for each in range(shape.runs)
                    for place in range(shape.run)
                ]
                panel.emit_block(offsets, 0)
            else:
                panel.emit_run(run)


class _Panel:
    """One panel of filters: its part of g and of dW."""

    def __init__(
        self,
        f: Function,
        spec: Spec,
        operands: Operands,
        shape: Convolution,
        group: Index,
        vector: Index,
        run: PanelRun,
    ) -> None:
        self.f, self.shape, self.vectors, self.count = f, shape, run.vectors, operands.count
        each = shape.filters // shape.groups
        channel = f.add(f.multiply(group, each), f.multiply(vector, f.lanes))
        self.x = f.offset(operands.inputs[0], f.nbytes(group, shape.depth))
        self.g = f.offset(operands.inputs[1], f.nbytes(channel))
        self.y = f.offset(operands.output, f.nbytes(channel))
        self.masks = masks_of(f, run, each)
        self.image_nbytes = (f.floats.nbytes * spec.inputs[0].size, f.floats.nbytes * spec.inputs[1].size)

    def emit_run(self, run: Index) -> None:
        """All blocks of one contiguous run."""
        f, shape = self.f, self.shape
        start = shape.run_offset(f, run)
        first = f.multiply(run, shape.run)
        whole = shape.run // shape.block * shape.block
        if whole:
            with f.loop(0, whole, shape.block) as place:
                self.emit_block(self._consecutive(start, place.index, shape.block), f.add(first, place.index))
        if shape.run > whole:
            self.emit_block(self._consecutive(start, whole, shape.run - whole), f.add(first, whole))

    def _consecutive(self, start: Index, place: Index, count: int) -> list[Index]:
        base = self.f.add(start, self.f.nbytes(place))
        return [self.f.add(base, self.f.floats.nbytes * number) for number in range(count)]

    def emit_block(self, offsets: Sequence[Index], row: Index) -> None:
        """Rows `row` .. of dW, whose inputs are at `offsets` from each pixel."""
        f = self.f
        y = f.offset(self.y, f.nbytes(row, self.shape.filters))
        places = list(product(range(len(offsets)), range(self.vectors)))
        for place, v in places:
            f.store(ZERO, y, f.floats.nbytes * place * self.shape.filters + v * f.vector_nbytes, self.masks[v])
        with f.loop(0, self.count) as image:
            sums = self._image_sums(image.index, offsets)
            for place, v in places:
                nbytes = f.floats.nbytes * place * self.shape.filters + v * f.vector_nbytes
                total = f.binary("fadd", f.load(y, nbytes, self.masks[v]), sums[place * self.vectors + v])
                f.store(total, y, nbytes, self.masks[v])

    def _image_sums(self, image: Index, offsets: Sequence[Index]) -> list[Value]:
        f, shape = self.f, self.shape
        x = f.offset(self.x, f.multiply(image, self.image_nbytes[0]))
        g = f.offset(self.g, f.multiply(image, self.image_nbytes[1]))
        with f.loop(0, shape.rows, carried=[ZERO] * (len(offsets) * self.vectors)) as row:
            x_row = f.offset(x, f.nbytes(row.index, shape.strides[0] * shape.width * shape.channels))
            g_row = f.offset(g, f.nbytes(row.index, shape.columns * shape.filters))
            with f.loop(0, shape.columns, carried=row.carried) as column:
                pixel = f.offset(x_row, f.nbytes(column.index, shape.strides[1] * shape.channels))
                at = f.offset(g_row, f.nbytes(column.index, shape.filters))
                columns = [f.load(at, v * f.vector_nbytes, self.masks[v]) for v in range(self.vectors)]
                column.next(*outer_products(f, column.carried, pixel, offsets, columns))
            row.next(*column.results)
        return row.results


KERNEL = Kernel("reduce", emit, items)
