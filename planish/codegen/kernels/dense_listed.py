"""Dense layer that reads images where they are and leaves out what is zero in them, a part of the features at a time.

    for part of features, part of images:          # an item: consecutive rows of the weights for some of the images
        for group of `GROUP` images:
            rows = f32(x of the group), this part
            if most of the rows is not zero:
                for k in range(part): sums[row][v] += rows[row][k] * w[k][v]
            else, row by row:
                list = those k at which the row is not zero
                for k in list: sums[v] += row[k] * w[k][v]
            y[row][part] = sums

Images after the last whole group are listed. Sums add their terms in the order of k either way, and leaving out a zero
does not change them, so the choice does not show in the bits. An item reads its rows of the weights only: a thread
finds them where its part of their gradient left them in the previous step, and no other core has them. Bound by L2: 2
cycles a vector of weights and listed number on AVX-512; 4 * features / lanes cycles an image for conversion and list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from planish.codegen.llvm.element_type import F32, I32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import cut, over_panels, panel_runs, vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces import dense_blocks
from planish.codegen.pieces.accumulate import Panel, accumulate
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.nonzeros import append, block_elements, count_of, goes_by_blocks, is_full, room_of
from planish.codegen.pieces.not_finite import checks_images, raise_alarm, with_not_finite
from planish.codegen.pieces.user_elements import element_nbytes, load_elements
from planish.primitives.rewritten.dense_listed import DenseListedSettings

# Weights are cut once for each of two cores: more parts take more memory that cores share, for the sums.
PARTS, _IMAGE_PARTS = 2, 2
GROUP = 8


def rows_of_part(features: int, target: Target) -> int:
    """Features of each part (the last may have fewer): whole blocks, and so whole vectors."""
    blocks = -(-features // block_elements(target))
    return -(-blocks // PARTS) * block_elements(target)


def items(spec: Spec, target: Target) -> int:
    return _IMAGE_PARTS * spec.shape[0]


def scratch_nbytes(spec: Spec, target: Target) -> int:
    if goes_by_blocks(spec.shape[1]):
        return dense_blocks.scratch_nbytes(spec, target)
    room = room_of(DenseListedSettings.of(spec).rows, target.lanes)
    return F32.nbytes * GROUP * room + (I32.nbytes + F32.nbytes) * room


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    features, rows, parts = spec.inputs[1].shape[0], DenseListedSettings.of(spec).rows, spec.shape[0]
    part, quarter = f.divide(operands.item, _IMAGE_PARTS), f.remainder(operands.item, _IMAGE_PARTS)
    first = f.divide(f.multiply(operands.count, quarter), _IMAGE_PARTS)
    last = f.divide(f.multiply(operands.count, f.add(quarter, 1)), _IMAGE_PARTS)
    rest = features - (parts - 1) * rows
    if parts > 1:
        with f.when(f.compare("slt", part, parts - 1)):
            _emit_part(f, spec, operands, part, rows, first, last)
    with f.when(f.compare("eq", part, parts - 1)):
        _emit_part(f, spec, operands, parts - 1, rest, first, last)


def _emit_part(
    f: Function, spec: Spec, operands: Operands, part: Index, features: int, first: Index, last: Index
) -> None:
    if goes_by_blocks(spec.shape[1]):
        dense_blocks.emit_part(f, spec, operands, part, features, first, last)
    else:
        _Part(f, spec, operands, part, features).emit(first, last)


class _Part:
    """A part of so many features."""

    def __init__(self, f: Function, spec: Spec, operands: Operands, number: Index, features: int) -> None:
        self.f, self.spec, self.operands, self.number, self.features = f, spec, operands, number, features
        self.units = spec.shape[1]
        self.first = f.multiply(number, DenseListedSettings.of(spec).rows)
        self.weights = f.offset(operands.inputs[1], f.nbytes(self.first, self.units))
        self.room = room_of(features, f.lanes)
        self.lists = f.offset(operands.scratch, F32.nbytes * GROUP * self.room)
        self.vectors = vectors_of(self.units, f.lanes)

    def emit(self, first: Index, last: Index) -> None:
        f = self.f
        whole = f.subtract(last, f.remainder(f.subtract(last, first), GROUP))
        with f.loop(first, whole, GROUP, guarded=True) as image:
            counts = [self._convert(f.add(image.index, row), row) for row in range(GROUP)]
            total = counts[0]
            for count in counts[1:]:
                total = f.add(total, count)
            full = is_full(f, total, GROUP * self.features)
            with f.when(full):
                self._emit_group(image.index)
            with f.when(f.let(f"xor i1 {full}, true")), f.loop(0, GROUP) as row:
                self._emit_listed(f.add(image.index, row.index), row.index)
        with f.loop(whole, last, guarded=True) as image:
            self._convert(image.index, 0)
            self._emit_listed(image.index, 0)

    def _convert(self, image: Index, row: int) -> Index:
        """An image as f32 in the row of that number; gives how many of its elements are not zero."""
        f = self.f
        dtype = DenseListedSettings.of(self.spec).memory_dtype
        position = f.load_integer(self.operands.order, f.multiply(image, 8))
        row_nbytes = element_nbytes(dtype) * self.spec.inputs[0].size
        image_at = f.offset(self.operands.inputs[0], f.multiply(position, row_nbytes))
        source = f.offset(image_at, f.multiply(self.first, element_nbytes(dtype)))
        target = f.offset(self.operands.scratch, F32.nbytes * row * self.room)
        whole = self.features // f.lanes * f.lanes
        count: Index = 0
        seen, checked = ZERO, checks_images(self.spec)
        if whole:
            with f.loop(0, whole, f.lanes, carried=["0", ZERO], types=["i64", f.vector]) as place:
                value = load_elements(f, dtype, source, place.index, f.lanes)
                f.store(value, target, f.nbytes(place.index))
                count, seen = place.carried
                seen = with_not_finite(f, seen, value) if checked else seen
                place.next(str(f.add(count, count_of(f, value))), seen)
            count, seen = place.results
        for element in range(whole, self.features):
            value = load_elements(f, dtype, source, element, 1)
            f.store_float(value, target, F32.nbytes * element)
        if self.features > whole:
            tail = f.load(target, F32.nbytes * whole, f.tail_mask(self.features - whole))
            f.store(tail, target, F32.nbytes * whole)  # zeros behind the row's end
            count = f.add(count, count_of(f, tail))
            seen = with_not_finite(f, seen, tail) if checked else seen
        if checked:
            raise_alarm(f, seen, self.operands.alarm)
        return count

    def _over_panels(self, most: int, body: Callable[[Index, int, str | None], None]) -> None:
        """`body` for each panel of columns: its first vector, vectors, and the mask of the last one."""
        f = self.f
        runs = panel_runs(cut(self.vectors, most), self.units, f.lanes)
        over_panels(f, runs, lambda start, run: body(start, run.vectors, f.tail_mask(run.tail(self.units, f.lanes))))

    def _emit_group(self, image: Index) -> None:
        f = self.f
        most = max(1, (f.module.target.registers - 3) // (GROUP + 1))
        offsets, step = [F32.nbytes * self.room * row for row in range(GROUP)], F32.nbytes * self.units

        def panel(start: Index, vectors: int, tail: str | None) -> None:
            zeros = [ZERO] * (GROUP * vectors)
            own = Panel(f.offset(self.weights, f.multiply(start, f.vector_nbytes)), vectors, step, tail)
            sums = accumulate(f, zeros, self.operands.scratch, offsets, own, self.features)
            for row in range(GROUP):
                self._store(sums[row * vectors : (row + 1) * vectors], f.add(image, row), start, tail)

        self._over_panels(most, panel)

    def _emit_listed(self, image: Index, row: Index) -> None:
        f = self.f
        source = f.offset(self.operands.scratch, f.nbytes(row, self.room))
        numbers = f.integer("mul", f.lane_indices(), f.integer_constant(F32.nbytes * self.units))
        step = f.integer_constant(F32.nbytes * self.units * f.lanes)
        types = ["i64", f.integers]
        with f.loop(0, self.features, f.lanes, carried=["0", numbers], types=types) as place:
            value = f.load(source, f.nbytes(place.index))
            count, distances = place.carried
            longer = append(f, value, distances, self.lists, self.room, count)
            place.next(str(longer), f.integer("add", distances, step))

        def panel(start: Index, vectors: int, tail: str | None) -> None:
            weights = f.offset(self.weights, f.multiply(start, f.vector_nbytes))
            self._store(self._listed_sums(place.results[0], weights, vectors, tail), image, start, tail)

        self._over_panels(f.module.target.registers - 4, panel)

    def _listed_sums(self, count: Index, weights: Pointer, vectors: int, tail: str | None) -> list[Value]:
        f = self.f
        masks = [None] * (vectors - 1) + [tail]
        with f.loop(0, count, carried=[ZERO] * vectors, guarded=True) as entry:
            own = f.offset(self.lists, f.nbytes(entry.index, of=I32))
            at, seen = f.offset(weights, f.load_count(own)), f.broadcast(own, I32.nbytes * self.room)
            rows = [f.load(at, v * f.vector_nbytes, mask) for v, mask in enumerate(masks)]
            entry.next(*(f.fma(seen, row, total) for row, total in zip(rows, entry.carried, strict=True)))
        return entry.results

    def _store(self, sums: Sequence[Value], image: Index, start: Index, tail: str | None) -> None:
        f = self.f
        row = f.multiply(f.add(f.multiply(image, self.spec.shape[0]), self.number), self.units)
        at = f.add(row, f.multiply(start, f.lanes))
        for v, total in enumerate(sums):
            mask = tail if v == len(sums) - 1 else None
            f.store(total, self.operands.output, f.nbytes(f.add(at, v * f.lanes)), mask)


KERNEL = Kernel("batch", emit, items, scratch_nbytes, checks_images=checks_images)
