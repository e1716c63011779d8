"""Gradients of averages over windows.

    windows that touch: for row of windows, vector of a row of dx: epilogue(g of the element's window / pixels)
    others: dx = 0; for row, column, channels: every place of the window: dx += g / pixels in it; dx = epilogue(dx)

dx [h, w, c], g [rows, columns, c]. The last vector of channels is masked. Where there are fewer channels than lanes and
windows touch, vectors of dx run over pixels, and take their elements from one vector of g. Bound by L1.
"""

from __future__ import annotations

import math
from itertools import product

from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import vectors_of
from planish.codegen.pieces.boxes import fill, strides_of
from planish.codegen.pieces.cut_windows import CutWindow
from planish.codegen.pieces.element import Element
from planish.codegen.pieces.expression import Epilogue
from planish.codegen.pieces.kernel import Kernel, Operands, Spec, epilogue_of
from planish.codegen.pieces.pool_windows import element_of, for_each_output, is_written_out
from planish.primitives.expression import operand_kind
from planish.primitives.pooling import PoolSettings
from planish.primitives.windows import NO_PADDING

_MOST_VECTORS = 64  # of a block of windows that is written out


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    settings = PoolSettings.of(spec)
    if settings.padding == NO_PADDING and settings.strides == settings.window:
        _Touching(f, spec, operands).emit()
    else:
        _emit_overlapping(f, spec, operands)


class _Touching:
    """The gradient of windows that cover what they cover once, without a border."""

    def __init__(self, f: Function, spec: Spec, operands: Operands) -> None:
        self.f, self.spec, self.operands = f, spec, operands
        self.height, self.width, self.channels = spec.shape
        self.rows, self.columns, _ = spec.inputs[0].shape
        window = PoolSettings.of(spec).window
        self.down, self.across = window
        self.share = f.constant(1.0 / (self.down * self.across))
        self.epilogue: Epilogue = epilogue_of(f, spec, operands)

    def emit(self) -> None:
        f = self.f
        by_channel = any(operand_kind(type_, self.spec.result) == "channel" for type_ in self.spec.extra)
        by_pixels = by_channel or self.channels >= f.lanes or self._block_vectors() > _MOST_VECTORS
        spread = self._spread_pixels if by_pixels else self._spread_blocks
        covered = self.rows * self.down, self.columns * self.across
        with f.loop(0, self.rows) as row:
            g = f.offset(self.operands.inputs[0], f.nbytes(row.index, self.columns * self.channels))
            first = f.multiply(row.index, self.down * self.width * self.channels)
            spread(g, first)
        if covered[1] < self.width:
            self._clear((0, covered[0]), (covered[1], self.width))
        if covered[0] < self.height:
            self._clear((covered[0], self.height), (0, self.width))

    def _store(self, value: Value, channel: Index, element: Index, mask: str | None) -> None:
        result = self.epilogue.apply(value, channel, Element(element), mask)
        self.f.store(result, self.operands.output, self.f.nbytes(element), mask)

    def _clear(self, rows: tuple[int, int], columns: tuple[int, int]) -> None:
        """Pixels that no window covers."""
        f = self.f
        shape = rows[1] - rows[0], columns[1] - columns[0], self.channels

        def body(row: Index, column: Index, channel: Index, mask: str | None) -> None:
            element = element_of(
                f, strides_of(self.spec.shape), f.add(row, rows[0]), f.add(column, columns[0]), channel
            )
            self._store(ZERO, channel, element, mask)

        for_each_output(f, shape, body)

    def _spread_pixels(self, g: Pointer, first: Index) -> None:
        """A row of windows, each vector of channels to all pixels of its window."""
        f = self.f

        def body(_: Index, column: Index, channel: Index, mask: str | None) -> None:
            nbytes = f.nbytes(f.add(f.multiply(column, self.channels), channel))
            value = f.binary("fmul", f.load(g, nbytes, mask), self.share)
            start = f.add(f.add(first, f.multiply(column, self.across * self.channels)), channel)
            if is_written_out(self.spec):
                for down, across in product(range(self.down), range(self.across)):
                    place = (down * self.width + across) * self.channels
                    self._store(value, channel, f.add(start, place), mask)
                return
            with f.loop(0, self.down) as row, f.loop(0, self.across) as own:
                pixel = f.add(f.multiply(row.index, self.width), own.index)
                self._store(value, channel, f.add(start, f.multiply(pixel, self.channels)), mask)

        for_each_output(f, (1, self.columns, self.channels), body)

    @property
    def _block(self) -> int:
        """The fewest windows that fill whole vectors."""
        lanes = self.f.lanes
        return math.lcm(lanes // math.gcd(lanes, self.channels), self.across) // self.across

    def _block_vectors(self) -> int:
        """How many vectors a block of windows is written to."""
        return self.down * vectors_of(self._block * self.across * self.channels, self.f.lanes)

    def _spread_blocks(self, g: Pointer, first: Index) -> None:
        """A row of windows by blocks."""
        f, block = self.f, self._block
        whole = self.columns // block * block
        if whole:
            with f.loop(0, whole, block) as column:
                self._spread_block(g, first, column.index, block)
        if self.columns > whole:
            self._spread_block(g, first, whole, self.columns - whole)

    def _spread_block(self, g: Pointer, first: Index, column: Index, windows: int) -> None:
        f = self.f
        source = f.offset(g, f.nbytes(column, self.channels))
        start = f.add(first, f.multiply(column, self.across * self.channels))
        values = windows * self.across * self.channels
        for v in range(vectors_of(values, f.lanes)):
            elements = range(v * f.lanes, min(values, (v + 1) * f.lanes))
            pixels = [divmod(element, self.channels) for element in elements]
            wanted = [pixel // self.across * self.channels + channel for pixel, channel in pixels]
            low = min(wanted)  # they span no more than a vector: windows only repeat pixels
            seen = f.load(source, f.floats.nbytes * low, f.tail_mask(max(wanted) + 1 - low))
            lanes = [place - low for place in wanted] + [0] * (f.lanes - len(wanted))
            value = f.binary("fmul", f.shuffle(seen, seen, lanes), self.share)
            for down in range(self.down):
                element = f.add(start, down * self.width * self.channels + v * f.lanes)
                self._store(value, 0, element, f.tail_mask(len(wanted)))


def _emit_overlapping(f: Function, spec: Spec, operands: Operands) -> None:
    strides, pooled = strides_of(spec.shape), spec.strides_of_input(0)
    fill(f, operands.output, spec.result.size, 0.0)

    def add(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        window = CutWindow(f, spec, spec.shape, strides, row, column)
        g = f.load(operands.inputs[0], f.nbytes(element_of(f, pooled, row, column, channel)), mask)
        share = f.binary("fmul", g, window.share)

        def add_to(place: Index, carried: list[Value]) -> list[Value]:
            nbytes = f.nbytes(place)
            f.store(f.binary("fadd", f.load(operands.output, nbytes, mask), share), operands.output, nbytes, mask)
            return carried

        window.over_pixels(channel, [], add_to)

    for_each_output(f, spec.inputs[0].shape, add)
    if spec.expression is None:
        return
    epilogue = epilogue_of(f, spec, operands)

    def finish(row: Index, column: Index, channel: Index, mask: str | None) -> None:
        element = element_of(f, strides, row, column, channel)
        nbytes = f.nbytes(element)
        total = epilogue.apply(f.load(operands.output, nbytes, mask), channel, Element(element), mask)
        f.store(total, operands.output, nbytes, mask)

    for_each_output(f, spec.shape, finish)


KERNEL = Kernel("image", emit)
