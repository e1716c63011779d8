"""Gradient of a convolution's kernel with the kernel's inputs in the lanes, for convolutions of few filters.

    for group, block of filters, block of stretches:            # an item
        for image n:
            part[o][t] = sum over i, j of x[n][i * s + a * d][j * s + b * d][stretch t] * g[n][i][j][o]
            dW[o][t] += part[o][t]

x [h, w, cin] with its border, g [rows, columns, cout], dW [cout, kh * kw * cin / groups]. The values that a row of the
kernel meets (kw * cin; with dilation or groups those of one pixel) are contiguous; a stretch is a vector of them, the
last one of each row masked. Where there are fewer filters than lanes, stretches fill more of a vector than filters do
in `conv2d_weight_grad`. Registers: filters * stretches sums + stretches + 1 broadcast. No part of a sum is shared
between items, and images are added in their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from planish.codegen.kernels import conv2d_weight_grad
from planish.codegen.kernels.conv2d_weight_grad import Convolution
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import counted, cut, panel_runs, starts_of, vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.outer_products import block_cycles, outer_products

MOST_BLOCKS = 16  # of stretches, each of which has code of its own
_GAIN = 0.8  # the share of the other kernel's cycles that pays for turning the result


@dataclass(frozen=True, slots=True)
class Tile:
    """Filters of each block, and stretches of each block."""

    filters: tuple[int, ...]
    stretches: tuple[int, ...]


@lru_cache(maxsize=1000)
def plan(filters: int, stretches: int, registers: int) -> Tile:
    """The blocks that need the fewest cycles a pixel; of equal ones the smaller, for more items."""
    sizes = [
        (most, count)
        for most, count in product(range(1, min(filters, registers) + 1), range(1, min(stretches, registers) + 1))
        if most * count + count + 1 < registers
    ]
    most, count = min(sizes, key=lambda size: _cycles(counted(filters, size[0]), counted(stretches, size[1])))
    return Tile(tuple(cut(filters, most)), tuple(cut(stretches, count)))


def _cycles(filters: Iterable[tuple[int, int]], stretches: Iterable[tuple[int, int]]) -> float:
    """Of blocks of (size, how many)."""
    return sum(a * b * block_cycles(most, count) for (most, a), (count, b) in product(filters, stretches))


def pays(spec: Spec, target: Target) -> bool:
    """Whether this is cheaper than filters in the lanes."""
    shape = _Shape(spec, target)
    filters, stretches = (Counter(sizes).items() for sizes in (shape.tile.filters, shape.tile.stretches))
    own = shape.runs.groups * shape.repeats * _cycles(filters, list(stretches))
    return own < _GAIN * conv2d_weight_grad.cycles(spec, target)


class _Stretch(NamedTuple):
    """A vector of the values of a run: bytes from a pixel of x, position in a row of dW, lanes in use."""

    nbytes: int
    place: int
    mask: str | None


class _Block(NamedTuple):
    """Stretches whose code is written once, and where they are: bytes from a pixel of x, position in a row of dW."""

    nbytes: Index
    place: Index
    stretches: Sequence[_Stretch]


class _Shape:
    """How the kernel is cut: all of its stretches into few blocks, or those of each run into blocks that are the same
    for all runs."""

    def __init__(self, spec: Spec, target: Target) -> None:
        self.runs = Convolution(spec, target)
        self.each = self.runs.filters // self.runs.groups
        self.vectors = vectors_of(self.runs.run, target.lanes)
        self.tile = plan(self.each, self.runs.runs * self.vectors, target.registers)
        self.repeats = 1
        if len(self.tile.stretches) > MOST_BLOCKS:
            self.tile, self.repeats = plan(self.each, self.vectors, target.registers), self.runs.runs

    def over_blocks(self, f: Function, part: Index, body: Callable[[_Block], None]) -> None:
        """`body` for the block of that number, which is known at run time only."""
        sizes = self.tile.stretches
        if len(sizes) <= MOST_BLOCKS and self.repeats == 1:
            for position, (first, count) in enumerate(zip(starts_of(sizes), sizes, strict=True)):
                with f.when(f.let(f"icmp eq i64 {part}, {position}")):
                    body(_Block(0, 0, self._stretches(f, first, count)))
            return
        run, place = f.divide(part, len(sizes)), f.remainder(part, len(sizes))
        before = 0
        for own in panel_runs(sizes, self.runs.run, f.lanes):
            number = f.subtract(place, before)
            before += own.count
            with f.when(f.let(f"icmp ult i64 {number}, {own.count}")):
                start = f.add(f.multiply(number, own.vectors), own.start)
                masks = [None] * (own.vectors - 1) + [f.tail_mask(own.tail(self.runs.run, f.lanes))]
                found = [_Stretch(v * f.vector_nbytes, v * f.lanes, mask) for v, mask in enumerate(masks)]
                nbytes = f.add(self.runs.run_offset(f, run), f.multiply(start, f.vector_nbytes))
                body(_Block(nbytes, f.add(f.multiply(run, self.runs.run), f.multiply(start, f.lanes)), found))

    def _stretches(self, f: Function, first: int, count: int) -> list[_Stretch]:
        found = []
        for number in range(first, first + count):
            run, v = divmod(number, self.vectors)
            nbytes = self.runs.run_offset(f, run)
            assert isinstance(nbytes, int)
            mask = f.tail_mask(self.runs.run - v * f.lanes)
            found.append(_Stretch(nbytes + v * f.vector_nbytes, run * self.runs.run + v * f.lanes, mask))
        return found


def items(spec: Spec, target: Target) -> int:
    shape = _Shape(spec, target)
    return shape.runs.groups * len(shape.tile.filters) * len(shape.tile.stretches) * shape.repeats


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    shape = _Shape(spec, f.module.target)
    filters, parts = shape.tile.filters, len(shape.tile.stretches) * shape.repeats
    part, rest = f.remainder(operands.item, parts), f.divide(operands.item, parts)
    block, group = f.remainder(rest, len(filters)), f.divide(rest, len(filters))

    def stretches(found: _Block) -> None:
        before = 0
        for run in panel_runs(filters, shape.each, 1):
            place = f.subtract(block, before)
            before += run.count
            with f.when(f.let(f"icmp ult i64 {place}, {run.count}")):
                own = f.add(f.multiply(place, run.vectors), run.start)
                channel = f.add(f.multiply(group, shape.each), own)
                x = f.offset(operands.inputs[0], f.nbytes(group, shape.runs.depth))
                _emit_item(f, spec, shape, operands, x, channel, run.vectors, found)

    shape.over_blocks(f, part, stretches)


def _emit_item(
    f: Function,
    spec: Spec,
    shape: _Shape,
    operands: Operands,
    x: Pointer,
    channel: Index,
    filters: int,
    block: _Block,
) -> None:
    """`filters` rows of dW from `channel` on, and in each the stretches."""
    values, stretches = spec.shape[1], block.stretches
    x = f.offset(x, block.nbytes)
    y = f.offset(operands.output, f.add(f.nbytes(channel, values), f.nbytes(block.place)))
    places = [
        (f.floats.nbytes * (o * values + stretch.place), stretch.mask) for o in range(filters) for stretch in stretches
    ]
    for nbytes, mask in places:
        f.store(ZERO, y, nbytes, mask)
    with f.loop(0, operands.count) as image:
        own = f.offset(x, f.nbytes(image.index, spec.inputs[0].size))
        g = f.offset(operands.inputs[1], f.nbytes(f.add(f.multiply(image.index, spec.inputs[1].size), channel)))
        sums = _image_sums(f, shape.runs, own, g, filters, stretches)
        for (nbytes, mask), value in zip(places, sums, strict=True):
            f.store(f.binary("fadd", f.load(y, nbytes, mask), value), y, nbytes, mask)


def _image_sums(
    f: Function, runs: Convolution, x: Pointer, g: Pointer, filters: int, stretches: Sequence[_Stretch]
) -> list[Value]:
    """Filter-major."""
    down, across = runs.strides
    with f.loop(0, runs.rows, carried=[ZERO] * (filters * len(stretches))) as row:
        x_row = f.offset(x, f.nbytes(row.index, down * runs.width * runs.channels))
        g_row = f.offset(g, f.nbytes(row.index, runs.columns * runs.filters))
        with f.loop(0, runs.columns, carried=row.carried) as column:
            pixel = f.offset(x_row, f.nbytes(column.index, across * runs.channels))
            at = f.offset(g_row, f.nbytes(column.index, runs.filters))
            seen = [f.load(pixel, stretch.nbytes, stretch.mask) for stretch in stretches]
            column.next(*outer_products(f, column.carried, at, [f.floats.nbytes * o for o in range(filters)], seen))
        row.next(*column.results)
    return row.results


KERNEL = Kernel("reduce", emit, items)
