"""Adds the sums over the blocks of a rank, or finds the largest of them.

    for i of the item:
        y[i] = (x[0][i] + x[1][i]) + (x[2][i] + x[3][i]) ...      # pairs, pairs of pairs; x[block] follow each other

Where blocks come group by group, x[blocks + l] keeps the sum of 2^l groups, until that of the next 2^l is there:

    sum = the above, or that of the block's slices, which y keeps meanwhile
    l = 0;  as long as bit l of the group's number is set:  sum = x[blocks + l] + sum;  l += 1
    x[blocks + l] = sum, or y = sum if it is the last group

Bound by memory: 4 bytes an element for each block, which are in the cache if the sums are small.
"""

from __future__ import annotations

from dataclasses import dataclass

from planish.codegen.llvm.element_type import element_type
from planish.codegen.llvm.function import Function, Index, Pointer, Value
from planish.codegen.llvm.target import CACHE_LINE_NBYTES, Target
from planish.codegen.pieces.combining import Combining, combining
from planish.codegen.pieces.items import ITEM_ELEMENTS, items_of_elements, over_item
from planish.codegen.pieces.kernel import Kernel, Operands, Spec
from planish.graph.node import TensorType
from planish.primitives.total import TotalSettings


def copy_nbytes(type_: TensorType) -> int:
    """From the sum over one block to that over the next, in bytes."""
    nbytes = element_type(type_.dtype).nbytes * type_.size
    return -(-nbytes // CACHE_LINE_NBYTES) * CACHE_LINE_NBYTES


def items(spec: Spec, target: Target) -> int:
    return items_of_elements(spec.result.size)


def emit(f: Function, spec: Spec, operands: Operands) -> None:
    copies = Copies(operands.inputs[0], copy_nbytes(spec.result), TotalSettings.of(spec))
    if copies.settings.groups * copies.settings.slices == 1:
        emit_item(f, copies, operands.output, spec.result.size, ITEM_ELEMENTS, operands.item)
    else:
        _emit_item_of_turn(f, copies, spec.result.size, operands)


@dataclass(frozen=True, slots=True)
class Copies:
    """The sums over the blocks: where the first one is, and how many bytes behind it the next."""

    first: Pointer
    apart: int
    settings: TotalSettings

    @property
    def how(self) -> str:
        return "batch_max" if self.settings.largest else "batch_sum"

    def sum(self, f: Function, place: Index, mask: str | None) -> Value:
        """That of all copies, of the elements of a vector."""
        at = f.offset(self.first, f.nbytes(place))
        copies = range(self.settings.blocks)
        return _in_pairs(combining(f, self.how), [f.load(at, copy * self.apart, mask) for copy in copies])

    def kept(self, f: Function, level: int) -> Pointer:
        """The sum of 2^level groups, behind the copies."""
        return f.offset(self.first, (self.settings.blocks + level) * self.apart)


def emit_item(f: Function, copies: Copies, output: Pointer, size: int, run: int, item: Index) -> None:
    """One item, of `run` elements each, of a total of `size`."""

    def emit_vector(place: Index, mask: str | None) -> None:
        f.store(copies.sum(f, place, mask), output, f.nbytes(place), mask)

    over_item(f, size, run, item, emit_vector)


def _emit_item_of_turn(f: Function, copies: Copies, size: int, operands: Operands) -> None:
    slices = copies.settings.slices
    number, slice_ = f.divide(operands.turn, slices), f.remainder(operands.turn, slices)
    if slices > 1:
        with f.when(f.compare("slt", slice_, slices - 1)):
            _add_slice(f, copies, size, operands, f.compare("sgt", slice_, 0))
    levels = copies.settings.groups.bit_length() - 1
    last = f.compare("eq", slice_, slices - 1)
    for level in range(levels + 1):
        bits = (2 << min(level, levels - 1)) - 1 if levels else 0  # all are set in the number of the last group
        here = f.compare("eq", f.let(f"and i64 {number}, {bits}"), (1 << level) - 1)
        with f.when(f.let(f"and i1 {last}, {here}")):
            target = operands.output if level == levels else copies.kept(f, level)
            _add_groups(f, copies, size, operands, level, target)


def _add_slice(f: Function, copies: Copies, size: int, operands: Operands, later: Value) -> None:
    """To those of the same block before it."""
    how = combining(f, copies.how)

    def emit_vector(place: Index, mask: str | None) -> None:
        nbytes = f.nbytes(place)
        own = copies.sum(f, place, mask)
        both = how.join(f.load(operands.output, nbytes, mask), own)
        f.store(f.chosen(later, both, own), operands.output, nbytes, mask)

    over_item(f, size, ITEM_ELEMENTS, operands.item, emit_vector)


def _add_groups(f: Function, copies: Copies, size: int, operands: Operands, levels: int, target: Pointer) -> None:
    """To the sum of this group, what the lower `levels` keep."""
    how = combining(f, copies.how)

    def emit_vector(place: Index, mask: str | None) -> None:
        nbytes = f.nbytes(place)
        value = copies.sum(f, place, mask)
        if copies.settings.slices > 1:
            value = how.join(f.load(operands.output, nbytes, mask), value)
        for level in range(levels):
            value = how.join(f.load(copies.kept(f, level), nbytes, mask), value)
        f.store(value, target, nbytes, mask)

    over_item(f, size, ITEM_ELEMENTS, operands.item, emit_vector)


def _in_pairs(how: Combining, values: list[Value]) -> Value:
    while len(values) > 1:
        pairs = [how.join(*values[place : place + 2]) for place in range(0, len(values) - 1, 2)]
        values = [*pairs, *values[2 * len(pairs) :]]
    return values[0]


KERNEL = Kernel("whole", emit, items)
