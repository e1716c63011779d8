"""Blocks of elements of images, where the user has them, without those blocks that are all zero.

    for n in range(images):                # `elements` consecutive ones of each image
        x[count] = f32(image n, elements)
        list[count] = n * stride
        count += any of them is not zero   # else the next one overwrites it: there is no branch to mispredict

What a layer of few units on images shares with its gradient: one vector of sums per image takes too little time to list
elements one by one, and drawings have long stretches of background. 5 cycles an image, as long as a line of memory
takes from L2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial, reduce

from planish.codegen.llvm.element_type import F32, I32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer
from planish.codegen.llvm.target import Target
from planish.codegen.pieces.kernel import Operands, Spec
from planish.codegen.pieces.nonzeros import block_elements
from planish.codegen.pieces.not_finite import raise_alarm, with_not_finite
from planish.codegen.pieces.user_elements import element_nbytes, load_elements
from planish.primitives.rewritten.load_input import LoadInputSettings


def room_nbytes(target: Target, images: int) -> int:
    """Memory for the blocks of this many images, and their list."""
    return images * (F32.nbytes * block_elements(target) + I32.nbytes)


@dataclass(frozen=True, slots=True)
class Blocks:
    """Where blocks of at most `most` images go: `scratch`."""

    f: Function
    spec: Spec
    operands: Operands
    scratch: Pointer
    most: int

    @property
    def elements(self) -> int:
        return block_elements(self.f.module.target)

    def gather(
        self, first: Index, images: Index, element: Index, stride: int, ahead: Index = 0, *, checked: bool = False
    ) -> Index:
        """Those of `images` images from number `first` on, from that element on; gives how many there are.

        The same elements of the images that come `ahead` later are prefetched. `checked`: a value that is not finite
        raises the alarm.
        """
        f, x = self.f, self.operands.inputs[0]
        dtype = LoadInputSettings.of(self.spec).memory_dtype
        nbytes = element_nbytes(dtype)

        def address(image: Index) -> Pointer:
            position = f.load_integer(self.operands.order, f.multiply(image, 8))
            row = f.offset(x, f.multiply(position, nbytes * self.spec.inputs[0].size))
            return f.offset(row, f.multiply(element, nbytes))

        types = ["i64", f.vector]
        with f.loop(0, images, carried=["0", ZERO], types=types, guarded=True) as own:
            image, (count, seen) = f.add(first, own.index), own.carried
            if ahead != 0:
                f.prefetch(address(f.smaller(f.add(image, ahead), f.subtract(self.operands.left, 1))), level=2)
            source, target = address(image), f.offset(self.scratch, f.nbytes(count, self.elements))
            values = [load_elements(f, dtype, source, place, f.lanes) for place in range(0, self.elements, f.lanes)]
            for number, value in enumerate(values):
                f.store(value, target, number * f.vector_nbytes)
            live = reduce(f.either, (f.greater(value, ZERO, "une") for value in values))
            f.store_count(f.multiply(own.index, stride), self._list(count))
            if checked:
                seen = reduce(partial(with_not_finite, f), values, seen)
            own.next(str(f.add(count, f.let(f"zext i1 {f.any_lane(live)} to i64"))), seen)
        if checked:
            raise_alarm(f, own.results[1], self.operands.alarm)
        found: Index = own.results[0]
        return found

    def entry(self, number: Index) -> tuple[Pointer, Index]:
        """The elements of an image of the list, and its number times the stride."""
        at = self.f.offset(self.scratch, self.f.nbytes(number, self.elements))
        return at, self.f.load_count(self._list(number))

    def _list(self, number: Index) -> Pointer:
        behind = F32.nbytes * self.most * self.elements
        return self.f.offset(self.scratch, self.f.add(behind, self.f.nbytes(number, of=I32)))
