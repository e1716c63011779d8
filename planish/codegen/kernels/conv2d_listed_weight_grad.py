"""Gradient of a convolution's kernel from lists of the windows that have one; each filter owned by one thread.

    for block of filters:                                        # an item
        for image n, filter o of block:                          # and a share of image n + 1 is asked for
            sums = dW[o]                                         # kh rows of kw * cin values, in registers
            for (distance, g) in lists[n][o]:
                for kernel row a: sums[a] += g * x[n][distance + a][0 : kw * cin]
            dW[o] = sums

x [h, w, cin], lists as `list_places` makes them, dW [cout, kh * kw * cin]. A kernel row is contiguous in x unless the
kernel is dilated across; the last vector of a row is masked. A kernel that has more vectors than there are registers is
cut into parts, an item each. 2 * kh * kw * cin FLOP a listed window: a quarter of the full product's or less, at half
of the FMA limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planish.codegen.llvm.element_type import F32, I32
from planish.codegen.llvm.function import Function, Index, Pointer
from planish.codegen.llvm.loops import cut, panel_runs, vectors_of
from planish.codegen.llvm.target import CACHE_LINE_NBYTES, Target
from planish.codegen.pieces.boxes import fill
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.primitives.rewritten.conv2d_listed_weight_grad import Conv2DListedWeightGradSettings

# More filters read an image fewer times; their sums fit the first-level cache, and several threads find work.
MOST_FILTERS, FEWEST_BLOCKS = 16, 4
MOST_PARTS = 16  # that have code of their own
MOST_LINES = 64  # of the next image that a filter prefetches


@dataclass(frozen=True, slots=True)
class _Vector:
    """A vector of one filter's gradient: bytes from the start of a patch in x, element in dW, values in it."""

    distance: int
    element: int
    count: int


def _vectors(spec: Spec, lanes: int) -> list[_Vector]:
    """All vectors of one filter's gradient, in order."""
    runs = _Runs(spec)
    return [
        _Vector(
            runs.distance(number) + F32.nbytes * first, number * runs.values + first, min(lanes, runs.values - first)
        )
        for number in range(runs.count)
        for first in range(0, runs.values, lanes)
    ]


class _Runs:
    """`count` runs of this many adjacent values of x: rows of the kernel, or pixels if it is dilated."""

    def __init__(self, spec: Spec) -> None:
        rows, columns, channels, _ = Conv2DListedWeightGradSettings.of(spec).kernel_shape
        down, across = Conv2DListedWeightGradSettings.of(spec).dilation
        contiguous = across == 1 or columns == 1
        self._across = 1 if contiguous else columns
        self._nbytes = F32.nbytes * channels * down * spec.inputs[0].shape[1], F32.nbytes * channels * across
        self.count: int = rows * self._across
        self.values: int = columns * channels if contiguous else channels

    def distance(self, number: int) -> int:
        """Bytes from the start of a patch to a run."""
        row, column = divmod(number, self._across)
        return int(row * self._nbytes[0] + column * self._nbytes[1])

    def distance_of(self, f: Function, number: Index) -> Index:
        """The same for a number that is known at run time."""
        row, column = f.divide(number, self._across), f.remainder(number, self._across)
        return f.add(f.multiply(row, self._nbytes[0]), f.multiply(column, self._nbytes[1]))


def parts(vectors: int, registers: int) -> list[int]:
    """Vectors in each part: their sums fit beside a value of x and the broadcast gradient."""
    return cut(vectors, registers - 4)


def filters_in_block(filters: int) -> int:
    return min(MOST_FILTERS, -(-filters // FEWEST_BLOCKS))


def _blocks(spec: Spec) -> int:
    return -(-spec.shape[0] // filters_in_block(spec.shape[0]))


def _panels(spec: Spec, target: Target) -> list[int] | None:
    """The parts of each run, if all runs have so many that they have to share code; else None."""
    runs = _Runs(spec)
    each = vectors_of(runs.values, target.lanes)
    alone = -(-runs.count * each // (target.registers - 4))
    return None if alone <= MOST_PARTS else parts(each, target.registers)


def items(spec: Spec, target: Target) -> int:
    panels = _panels(spec, target)
    if panels is not None:
        return _Runs(spec).count * len(panels) * _blocks(spec)
    return len(parts(len(_vectors(spec, target.lanes)), target.registers)) * _blocks(spec)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    block = f.remainder(operands.item, _blocks(spec))
    part = f.divide(operands.item, _blocks(spec))
    filters = filters_in_block(spec.shape[0])
    first = f.multiply(block, filters)
    last = f.smaller(f.add(first, filters), spec.shape[0])
    panels = _panels(spec, f.module.target)
    if panels is not None:
        _emit_panels(f, spec, operands, panels, part, (first, last))
        return
    vectors, start = _vectors(spec, f.lanes), 0
    for number, count in enumerate(parts(len(vectors), f.module.target.registers)):
        with f.when(f.compare("eq", part, number)):
            _emit_part(f, spec, operands, vectors[start : start + count], (0, 0), (first, last))
        start += count


def _emit_panels(
    f: Function, spec: Spec, operands: Operands, panels: Sequence[int], part: Index, filters: tuple[Index, Index]
) -> None:
    """Parts of one width share code, whatever run they are of."""
    runs = _Runs(spec)
    number, place = f.divide(part, len(panels)), f.remainder(part, len(panels))
    before = 0
    for run in panel_runs(panels, runs.values, f.lanes):
        own = f.subtract(place, before)
        before += run.count
        with f.when(f.let(f"icmp ult i64 {own}, {run.count}")):
            first = f.multiply(f.add(f.multiply(own, run.vectors), run.start), f.lanes)
            counts = [f.lanes] * (run.vectors - 1) + [run.tail(runs.values, f.lanes)]
            vectors = [_Vector(v * f.vector_nbytes, v * f.lanes, count) for v, count in enumerate(counts)]
            distance = f.add(runs.distance_of(f, number), f.nbytes(first))
            moved = distance, f.add(f.multiply(number, runs.values), first)
            _emit_part(f, spec, operands, vectors, moved, filters)


def _emit_part(
    f: Function,
    spec: Spec,
    operands: Operands,
    vectors: Sequence[_Vector],
    moved: tuple[Index, Index],
    filters: tuple[Index, Index],
) -> None:
    """The vectors, `moved` by a number of bytes in x and of elements in dW."""
    first, last = filters
    row_nbytes = F32.nbytes * spec.shape[1]
    output = f.offset(operands.output, f.nbytes(moved[1]))
    start = F32.nbytes * vectors[0].element
    elements = vectors[-1].element + vectors[-1].count - vectors[0].element
    with f.loop(first, last) as filter_:
        fill(f, f.offset(output, f.add(f.multiply(filter_.index, row_nbytes), start)), elements, 0.0)
    image_nbytes, lists_nbytes = (F32.nbytes * type_.size for type_ in spec.inputs)
    length = F32.nbytes * spec.inputs[1].shape[1]
    with f.loop(0, operands.count) as image:
        x = f.offset(operands.inputs[0], f.add(f.multiply(image.index, image_nbytes), moved[0]))
        lists = f.offset(operands.inputs[1], f.multiply(image.index, lists_nbytes))
        following = f.smaller(f.add(image.index, 1), f.subtract(operands.count, 1))
        ahead = f.offset(operands.inputs[0], f.multiply(following, image_nbytes))
        lines = image_nbytes // (CACHE_LINE_NBYTES * filters_in_block(spec.shape[0]))
        with f.loop(first, last) as filter_:
            share = f.multiply(f.subtract(filter_.index, first), lines * CACHE_LINE_NBYTES)
            _fetch(f, f.offset(ahead, share), lines)
            own = f.offset(lists, f.multiply(filter_.index, length))
            into = f.offset(output, f.multiply(filter_.index, row_nbytes))
            _add_list(f, vectors, x, own, (length - I32.nbytes) // 2, into)


def _fetch(f: Function, x: Pointer, lines: int) -> None:
    """Prefetches a filter's share of the next image, which may no longer be in the second-level cache."""
    for line in range(min(lines, MOST_LINES)):
        f.prefetch(x, line * CACHE_LINE_NBYTES, level=2)


def _add_list(
    f: Function, vectors: Sequence[_Vector], x: Pointer, own: Pointer, room_nbytes: int, into: Pointer
) -> None:
    """Adds the patches of one image that one filter's list names."""
    masks = [f.tail_mask(vector.count) for vector in vectors]
    sums = [f.load(into, F32.nbytes * vector.element, mask) for vector, mask in zip(vectors, masks, strict=True)]
    with f.loop(0, f.load_count(own), carried=sums, guarded=True) as window:
        entry = f.offset(own, f.nbytes(window.index, of=I32))
        patch = f.offset(x, f.load_count(entry, I32.nbytes))
        g = f.broadcast(entry, I32.nbytes + room_nbytes)
        window.next(
            *(
                f.fma(f.load(patch, vector.distance, mask), g, total)
                for vector, mask, total in zip(vectors, masks, window.carried, strict=True)
            )
        )
    for vector, mask, total in zip(vectors, masks, window.results, strict=True):
        f.store(total, into, F32.nbytes * vector.element, mask)


KERNEL = Kernel("reduce", emit, items)
