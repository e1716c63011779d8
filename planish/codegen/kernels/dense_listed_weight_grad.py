"""Gradient of the weights of a dense layer that reads images where they are, without the products with their zeros.

    for block of rows k:                                       # an item
        for `lanes` rows of the block, up to `CHUNK` images:
            t[k][n] = f32(x[n][k])                             # transposed in registers
            if most of t is not zero:
                for some rows k at a time: for n: sums[k][v] += t[k][n] * g[n][v]
            else, row by row:
                list = those n at which t[k] is not zero
                for n in list: sums[v] += t[k][n] * g[n][v]
            dW[k] = sums                                       # += from the second chunk of images on

Every sum adds its images in their order, and leaving out a zero does not change them, so the choice does not show in
the bits. No part of a sum is shared between threads. Bound by loads from L1: a cycle a vector of g and listed number on
AVX-512; a transposed block of lanes * lanes numbers takes lanes * log2(lanes) shuffles.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from planish.codegen.kernels.dense_listed import rows_of_part
from planish.codegen.llvm.element_type import F32, I32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.loops import PanelRun, cut, over_panels, panel_runs, starts_of, vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces import dense_blocks_weight_grad as by_blocks
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.codegen.pieces.nonzeros import append, count_of, goes_by_blocks, is_full, room_of
from planish.codegen.pieces.transposing import turned
from planish.codegen.pieces.user_elements import element_nbytes, load_elements
from planish.primitives.rewritten.load_input import LoadInputSettings

CHUNK = 64  # images: a part of their gradients stays in L1
_ITEM_VECTORS = 2  # of rows


def items(spec: Spec, target: Target) -> int:
    return -(-spec.shape[0] // _rows(spec, target))


def run(spec: Spec, target: Target) -> int:
    """Elements of an item: whole rows."""
    return _rows(spec, target) * spec.shape[1]


def _rows(spec: Spec, target: Target) -> int:
    if goes_by_blocks(spec.shape[1]):
        return by_blocks.rows_of_item(spec, target, rows_of_part(spec.shape[0], target))
    return _ITEM_VECTORS * target.lanes


def scratch_nbytes(spec: Spec, target: Target) -> int:
    if goes_by_blocks(spec.shape[1]):
        return by_blocks.scratch_nbytes(spec, target)
    return F32.nbytes * target.lanes * CHUNK + (I32.nbytes + F32.nbytes) * room_of(CHUNK, target.lanes)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    if goes_by_blocks(spec.shape[1]):
        by_blocks.emit_rows(f, spec, operands, _rows(spec, f.module.target))
        return
    features, rows = spec.shape[0], _rows(spec, f.module.target)
    first, whole = f.multiply(operands.item, rows), features // f.lanes * f.lanes
    last = f.smaller(f.add(first, rows), whole)
    gradient = _Gradient(f, spec, operands)
    with f.loop(first, last, f.lanes, guarded=True) as row:
        gradient.emit_rows(row.index, 0)
    if features > whole:  # rows that fill no vector are the last ones of the vector that ends with them
        with f.when(f.compare("eq", operands.item, whole // rows)):
            gradient.emit_rows(features - f.lanes, whole - features + f.lanes)


class _Gradient:
    """Writes the code for a vector of rows."""

    def __init__(self, f: Function, spec: Spec, operands: Operands) -> None:
        self.f, self.operands = f, operands
        self.features, self.units = spec.shape
        self.dtype = LoadInputSettings.of(spec).memory_dtype
        self.g, self.y, self.turned = operands.inputs[1], operands.output, operands.scratch
        self.lists = f.offset(operands.scratch, F32.nbytes * f.lanes * CHUNK)
        self.vectors = vectors_of(self.units, f.lanes)

    def emit_rows(self, row: Index, skipped: int) -> None:
        """The rows of the vector of elements from number `row` on, but for the first `skipped` ones."""
        f = self.f
        with f.loop(0, self.operands.count, CHUNK, guarded=True) as chunk:
            images = f.smaller(CHUNK, f.subtract(self.operands.count, chunk.index))
            g = f.offset(self.g, f.nbytes(chunk.index, self.units))
            y = f.offset(self.y, f.nbytes(row, self.units))
            begins = f.compare("eq", chunk.index, 0)
            live = self._turn(row, chunk.index, images)
            full = is_full(f, live, f.multiply(images, f.lanes))
            with f.when(full):
                self._emit_full(g, y, images, skipped, begins)
            with f.when(f.let(f"xor i1 {full}, true")), f.loop(skipped, f.lanes) as own:
                self._emit_listed(own.index, g, y, images, begins)

    def _turn(self, row: Index, start: Index, images: Index) -> Index:
        """A vector of elements of each image of the chunk, transposed; gives how many are not zero.

        Images after the last one read as zeros. The same elements of the next batch, which the same thread usually
        reads then, are prefetched.
        """
        f, nbytes = self.f, element_nbytes(self.dtype)
        with f.loop(0, images, f.lanes, carried=["0"], types=["i64"]) as image:
            rows = []
            for place in range(f.lanes):
                number = f.smaller(f.add(image.index, place), f.subtract(images, 1))
                rows.append(load_elements(f, self.dtype, self._image(f.add(start, number)), row, f.lanes))
                soon = f.smaller(f.add(start, f.add(number, self.operands.count)), f.subtract(self.operands.left, 1))
                f.prefetch(self._image(soon), f.multiply(row, nbytes), level=2)
            numbers = f.integer("add", f.lane_indices(), f.splat_integer(f.let(f"trunc i64 {image.index} to i32")))
            end = f.splat_integer(f.let(f"trunc i64 {images} to i32"))
            present = f.let(f"icmp slt {f.integers} {numbers}, {end}")
            count: Index = image.carried[0]
            for place, column in enumerate(turned(f, rows)):
                value = f.select(present, column, ZERO)
                f.store(value, f.offset(self.turned, f.nbytes(image.index)), F32.nbytes * place * CHUNK)
                count = f.add(count, count_of(f, value))
            image.next(str(count))
        total: Index = image.results[0]
        return total

    def _image(self, number: Index) -> Pointer:
        """The image of that number, counted from the batch's first one on."""
        f = self.f
        position = f.load_integer(self.operands.order, f.multiply(number, 8))
        return f.offset(self.operands.inputs[0], f.multiply(position, element_nbytes(self.dtype) * self.features))

    def _before(self, y: Pointer, nbytes: int, mask: str | None, begins: Value) -> Value:
        """What earlier chunks of images have summed."""
        loaded = self.f.load(y, nbytes, mask)
        return self.f.let(f"select i1 {begins}, {self.f.vector} zeroinitializer, {self.f.vector} {loaded}")

    def _over_panels(self, most: int, body: Callable[[Index, list[tuple[int, str | None]]], None]) -> None:
        """`body` for each panel of columns: bytes before it, and how far in it each vector is, with its mask."""
        f = self.f

        def panel(start: Index, run: PanelRun) -> None:
            masks = [None] * (run.vectors - 1) + [f.tail_mask(run.tail(self.units, f.lanes))]
            vectors = [(number * f.vector_nbytes, mask) for number, mask in enumerate(masks)]
            body(f.multiply(start, f.vector_nbytes), vectors)

        over_panels(f, panel_runs(cut(self.vectors, most), self.units, f.lanes), panel)

    def _emit_listed(self, own: Index, g: Pointer, y: Pointer, images: Index, begins: Value) -> None:
        """One row, from the list of its images."""
        f, room = self.f, room_of(CHUNK, self.f.lanes)
        values = f.offset(self.turned, f.nbytes(own, CHUNK))
        numbers = f.integer("mul", f.lane_indices(), f.integer_constant(F32.nbytes * self.units))
        step = f.integer_constant(F32.nbytes * self.units * f.lanes)
        with f.loop(0, images, f.lanes, carried=["0", numbers], types=["i64", f.integers]) as place:
            value = f.load(values, f.nbytes(place.index))
            longer = append(f, value, place.carried[1], self.lists, room, place.carried[0])
            place.next(str(longer), f.integer("add", place.carried[1], step))
        whole = f.offset(y, f.nbytes(own, self.units))

        def panel(before: Index, vectors: list[tuple[int, str | None]]) -> None:
            into, gradients = f.offset(whole, before), f.offset(g, before)
            sums = [self._before(into, nbytes, mask, begins) for nbytes, mask in vectors]
            with f.loop(0, place.results[0], carried=sums, guarded=True) as entry:
                at = f.offset(self.lists, f.nbytes(entry.index, of=I32))
                row, seen = f.offset(gradients, f.load_count(at)), f.broadcast(at, I32.nbytes * room)
                columns = [f.load(row, nbytes, mask) for nbytes, mask in vectors]
                entry.next(*(f.fma(seen, column, total) for column, total in zip(columns, entry.carried, strict=True)))
            for (nbytes, mask), total in zip(vectors, entry.results, strict=True):
                f.store(total, into, nbytes, mask)

        self._over_panels(f.module.target.registers - 4, panel)

    def _emit_full(self, g: Pointer, y: Pointer, images: Index, skipped: int, begins: Value) -> None:
        """All rows, some at a time."""
        f = self.f
        most = 4 if f.module.target.registers >= 32 else 2
        blocks = cut(f.lanes - skipped, (f.module.target.registers - 2 - most) // most)

        def panel(before: Index, vectors: list[tuple[int, str | None]]) -> None:
            into, gradients = f.offset(y, before), f.offset(g, before)
            for start, rows in zip(starts_of(blocks), blocks, strict=True):
                own_rows = range(skipped + start, skipped + start + rows)
                places = [
                    (k, F32.nbytes * k * self.units + nbytes, mask) for k, (nbytes, mask) in product(own_rows, vectors)
                ]
                sums = [self._before(into, nbytes, mask, begins) for _, nbytes, mask in places]
                with f.loop(0, images, carried=sums) as image:
                    row = f.offset(gradients, f.nbytes(image.index, self.units))
                    columns = [f.load(row, nbytes, mask) for nbytes, mask in vectors]
                    own = f.offset(self.turned, f.nbytes(image.index))
                    seen = [f.broadcast(own, F32.nbytes * k * CHUNK) for k in own_rows]
                    terms = zip(product(seen, columns), image.carried, strict=True)
                    image.next(*(f.fma(value, column, total) for (value, column), total in terms))
                for (_, nbytes, mask), total in zip(places, image.results, strict=True):
                    f.store(total, into, nbytes, mask)

        self._over_panels(most, panel)


KERNEL = Kernel("reduce", emit, items, scratch_nbytes, run)
