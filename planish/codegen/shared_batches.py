"""Code of steps that several ranks share: the parts of sums over blocks, and the exchange of totals (see
`planning/blocks.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from planish.codegen import steps
from planish.codegen.kernels import items_of, run_of_item
from planish.codegen.kernels.total import Copies, copy_nbytes, emit_item
from planish.codegen.llvm.function import Function, Index, Pointer
from planish.codegen.pieces.combining import combining
from planish.codegen.planning.blocks import Blocks, Bucket
from planish.graph.node import Node
from planish.primitives.total import TotalSettings
from planish_runtime import context_layout as layout


@dataclass(frozen=True, slots=True)
class PartOfBlock:
    """Part `item` of the sum over `count` images from the one on that is number `first` of the rank's share."""

    item: Index
    first: Index
    count: Index
    target: Pointer


@contextmanager
def part_of_block(f: Function, node: Node, part: Index, blocks: Blocks, copies: Pointer) -> Iterator[PartOfBlock]:
    """The body runs unless the block is empty; then its copy, among the `copies`, gets the neutral number."""
    items = items_of(node, f.module.target)
    number, item = f.divide(part, items), f.remainder(part, items)
    target = f.offset(copies, f.multiply(number, copy_nbytes(node.type)))
    first, count = _images_of(f, blocks, number)
    some = f.compare("sgt", count, 0)
    with f.when(some):
        yield PartOfBlock(item, first, count, target)
    empty = f.let(f"xor i1 {some}, true")
    with f.when(f.let(f"and i1 {empty}, {f.compare('eq', item, 0)}")):
        _fill(f, node, target, copy_nbytes(node.type))


def _images_of(f: Function, blocks: Blocks, number: Index) -> tuple[Index, Index]:
    """The first image of one of the turn's blocks, counted from that of the turn, and how many of it there are."""
    if blocks.slices > 1:
        return 0, "%count"
    before = f.multiply("%turn", blocks.together) if blocks.turns > 1 else 0
    block = f.add(f.add(f.load_integer("%context", 8 * layout.FIRST_BLOCK_SLOT), before), number)
    first = steps.border(f, blocks, block, "%total")
    count = f.subtract(steps.border(f, blocks, f.add(block, 1), "%total"), first)
    return f.subtract(first, "%before"), count


def _fill(f: Function, node: Node, target: Pointer, nbytes: int) -> None:
    """With the neutral number of a sum."""
    neutral = combining(f, node.op).neutral
    with f.loop(0, nbytes, f.vector_nbytes) as place:
        f.store(neutral, target, place.index)


@dataclass(frozen=True, slots=True)
class ItemOfTotal:
    """An item of a total. Those of the sums over the blocks are in a thread's own memory, `apart` bytes from one to the
    next: the first one at `kept`, where a whole sum would begin at `copies`."""

    node: Node
    total: Node
    item: Index
    kept: Pointer
    copies: Pointer
    apart: int

    @contextmanager
    def adding(self, f: Function, blocks: Blocks, target: Pointer) -> Iterator[PartOfBlock]:
        """The body computes the sum over a block; the total of all is written into the whole one at `target`."""
        with f.loop(0, blocks.own) as number:
            behind = f.multiply(number.index, self.apart)
            first, count = _images_of(f, blocks, number.index)
            some = f.compare("sgt", count, 0)
            with f.when(some):
                yield PartOfBlock(self.item, first, count, f.offset(self.copies, behind))
            with f.when(f.let(f"xor i1 {some}, true")):
                _fill(f, self.node, f.offset(self.kept, behind), self.apart)
        copies = Copies(self.copies, self.apart, TotalSettings.of(self.total))
        run = run_of_item(self.node, f.module.target) or 0
        emit_item(f, copies, target, self.total.type.size, run, self.item)


def emit_exchange(f: Function, bucket: Bucket) -> None:
    """Calls the runtime's function with the bucket: its address, how many sums and how many largest numbers are in it,
    and the bytes of each."""
    address = f.offset(f.load_pointer("%context", 8 * layout.ARENA_SLOT), bucket.offset)
    exchange = f.load_pointer("%context", 8 * layout.EXCHANGE_SLOT)
    nbytes = f.floats.nbytes
    counts = (bucket.sums_nbytes // nbytes, bucket.largest_nbytes // nbytes, nbytes)
    f.emit(f"call void {exchange}(ptr {address}, {', '.join(f'i64 {count}' for count in counts)})")
