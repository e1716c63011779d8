"""Gradient of the weights of a dense layer of few units on images where they are, without their blocks of zeros.

    for block of rows k:                                                       # some are an item
        for up to `CHUNK` images:
            list = those images n in which x[n][block] is not all zero         # nonzero_blocks.py
            for vector v of units:
                for n in list: for k in block: sums[k][v] += x[n][k] * g[n][v]     # sums stay in registers
            dW[k] = sums                                                       # += from the second chunk of images on

Every sum adds its images in their order, and leaving out zeros does not change it. Bound by FMAs, one a vector of units
and element of a block. Beside them the next batch is read into L2: the order of the epoch is known, and the same thread
usually takes the same features then.
"""

from __future__ import annotations

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.loops import vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Operands, Spec
from planish.codegen.pieces.nonzero_blocks import Blocks, room_nbytes
from planish.codegen.pieces.nonzeros import block_elements

CHUNK = 64  # images: their blocks and their gradients stay in L1
_ITEM_ELEMENTS = 4096  # of the result, at most: threads share little work in a few large pieces


def rows_of_item(spec: Spec, target: Target, rows: int) -> int:
    """Whole blocks of the `rows` of a half, which is the same thread's in the forward pass."""
    blocks = -(-rows // block_elements(target))
    pieces = -(-rows * spec.shape[1] // _ITEM_ELEMENTS)
    return -(-blocks // pieces) * block_elements(target)


def scratch_nbytes(spec: Spec, target: Target) -> int:
    return room_nbytes(target, CHUNK)


def emit_rows(f: Function, spec: Spec, operands: Operands, rows: int) -> None:
    """An item of so many rows."""
    features, size = spec.shape[0], block_elements(f.module.target)
    first, whole = f.multiply(operands.item, rows), features // size * size
    last = f.smaller(f.add(first, rows), whole)
    gradient = _Gradient(f, spec, operands)
    with f.loop(first, last, size, guarded=True) as row:
        gradient.emit_block(row.index, 0)
    if features > whole:  # rows that fill no block are the last ones of the block that ends with them
        with f.when(f.compare("eq", operands.item, whole // rows)):
            gradient.emit_block(features - size, whole - features + size)


class _Gradient:
    def __init__(self, f: Function, spec: Spec, operands: Operands) -> None:
        self.f, self.operands, self.units = f, operands, spec.shape[1]
        vectors = vectors_of(self.units, f.lanes)
        self.masks: list[str | None] = [None] * (vectors - 1)
        self.masks.append(f.tail_mask(self.units - (vectors - 1) * f.lanes))
        self.blocks = Blocks(f, spec, operands, operands.scratch, CHUNK)

    def emit_block(self, row: Index, skipped: int) -> None:
        """The rows of the block that begins with that one, but for the first `skipped` ones."""
        f, places = self.f, range(skipped, self.blocks.elements)
        y = f.offset(self.operands.output, f.nbytes(row, self.units))
        with f.loop(0, self.operands.count, CHUNK, guarded=True) as chunk:
            images = f.smaller(CHUNK, f.subtract(self.operands.count, chunk.index))
            count = self.blocks.gather(chunk.index, images, row, F32.nbytes * self.units, ahead=self.operands.count)
            gradients = f.offset(self.operands.inputs[1], f.nbytes(chunk.index, self.units))
            begins = f.compare("eq", chunk.index, 0)
            for v, mask in enumerate(self.masks):
                into = f.offset(y, v * f.vector_nbytes)
                before = [self._before(into, k, begins, mask) for k in places]
                with f.loop(0, count, carried=before, guarded=True) as entry:
                    seen, own = self.blocks.entry(entry.index)
                    g = f.load(f.offset(gradients, own), v * f.vector_nbytes, mask)
                    terms = zip(places, entry.carried, strict=True)
                    entry.next(*(f.fma(f.broadcast(seen, F32.nbytes * k), g, total) for k, total in terms))
                for k, total in zip(places, entry.results, strict=True):
                    f.store(total, into, F32.nbytes * k * self.units, mask)

    def _before(self, y: Pointer, row: int, begins: Value, mask: str | None) -> Value:
        """What earlier chunks of images have summed."""
        f = self.f
        loaded = f.load(y, F32.nbytes * row * self.units, mask)
        return f.let(f"select i1 {begins}, {f.vector} zeroinitializer, {f.vector} {loaded}")
