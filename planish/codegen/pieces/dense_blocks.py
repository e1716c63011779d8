"""Dense layer of few units that reads images where they are and leaves out blocks of zeros: a part of its features.

    for up to `GROUP` images:
        for block of features of the part:
            list = those images in which the block is not all zero        # nonzero_blocks.py
            for vector v of units:
                for n in list: for k in block: sums[n][v] += x[n][k] * w[k][v]     # w's rows stay in registers
        y[n][part] = sums

Sums add their terms in the order of k, and leaving out zeros does not change them. One image's sums wait for each
other, but those of the next images of the list do not: bound by FMAs, an FMA a vector of units and element of a block,
and a load of each of its rows of weights a group.
"""

from __future__ import annotations

from planish.codegen.llvm.element_type import F32
from planish.codegen.llvm.function import ZERO, Function, Index
from planish.codegen.llvm.loops import vectors_of
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Operands, Spec
from planish.codegen.pieces.nonzero_blocks import Blocks, room_nbytes
from planish.codegen.pieces.not_finite import checks_images
from planish.primitives.rewritten.dense_listed import DenseListedSettings

GROUP = 32  # images: their sums and blocks, and a part of the weights, fit in L1


def scratch_nbytes(spec: Spec, target: Target) -> int:
    sums = GROUP * vectors_of(spec.shape[1], target.lanes) * target.lanes
    return F32.nbytes * sums + room_nbytes(target, GROUP)


def emit_part(
    f: Function, spec: Spec, operands: Operands, part: Index, features: int, first: Index, last: Index
) -> None:
    """The part of that number, of this many features, for images first .. last - 1."""
    layer = _Layer(f, spec, operands, part)
    begin = f.multiply(part, DenseListedSettings.of(spec).rows)
    with f.loop(first, last, GROUP, guarded=True) as group:
        images = f.smaller(GROUP, f.subtract(last, group.index))
        layer.clear(images)
        size = layer.blocks.elements
        whole = features // size * size
        if whole:
            with f.loop(0, whole, size) as place:
                layer.add_block(group.index, images, f.add(begin, place.index), 0)
        if features > whole:  # the end of the block that ends with the part, which is the last one then
            missing = size - (features - whole)
            layer.add_block(group.index, images, f.subtract(f.add(begin, whole), missing), missing)
        layer.store(group.index, images)


class _Layer:
    def __init__(self, f: Function, spec: Spec, operands: Operands, part: Index) -> None:
        self.f, self.operands, self.part = f, operands, part
        self.parts, self.units = spec.shape
        vectors = vectors_of(self.units, f.lanes)
        self.masks: list[str | None] = [None] * (vectors - 1)
        self.masks.append(f.tail_mask(self.units - (vectors - 1) * f.lanes))
        self.row_nbytes = vectors * f.vector_nbytes  # of an image's sums
        self.sums = operands.scratch
        self.checked = checks_images(spec)
        self.blocks = Blocks(f, spec, operands, f.offset(operands.scratch, GROUP * self.row_nbytes), GROUP)

    def clear(self, images: Index) -> None:
        f = self.f
        with f.loop(0, images) as image:
            for v in range(len(self.masks)):
                f.store(ZERO, f.offset(self.sums, f.multiply(image.index, self.row_nbytes)), v * f.vector_nbytes)

    def add_block(self, first: Index, images: Index, feature: Index, skipped: int) -> None:
        """The products with the block of features from that one on, but for the first `skipped` ones."""
        f = self.f
        count = self.blocks.gather(first, images, feature, self.row_nbytes, checked=self.checked)
        weights = f.offset(self.operands.inputs[1], f.nbytes(feature, self.units))
        places = range(skipped, self.blocks.elements)
        for v, mask in enumerate(self.masks):
            rows = [f.load(weights, F32.nbytes * k * self.units + v * f.vector_nbytes, mask) for k in places]
            with f.loop(0, count, guarded=True) as entry:
                seen, own = self.blocks.entry(entry.index)
                at = f.offset(self.sums, own)
                total = f.load(at, v * f.vector_nbytes)
                for k, row in zip(places, rows, strict=True):
                    total = f.fma(f.broadcast(seen, F32.nbytes * k), row, total)
                f.store(total, at, v * f.vector_nbytes)

    def store(self, first: Index, images: Index) -> None:
        f = self.f
        with f.loop(0, images) as image:
            number = f.add(f.multiply(f.add(first, image.index), self.parts), self.part)
            target = f.offset(self.operands.output, f.nbytes(number, self.units))
            sums = f.offset(self.sums, f.multiply(image.index, self.row_nbytes))
            for v, mask in enumerate(self.masks):
                f.store(f.load(sums, v * f.vector_nbytes), target, v * f.vector_nbytes, mask)
