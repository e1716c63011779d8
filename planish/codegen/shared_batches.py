"""Code of steps that several ranks share: the parts of sums over blocks, and the exchange of totals (see
`planning/blocks.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from planish.codegen import steps
from planish.codegen.kernels import items_of
from planish.codegen.kernels.total import copy_nbytes
from planish.codegen.llvm.function import Function, Index, Pointer
from planish.codegen.pieces.combining import combining
from planish.codegen.planning.blocks import Blocks, Bucket
from planish.graph.node import Node
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
    block = f.add(f.load_integer("%context", 8 * layout.FIRST_BLOCK_SLOT), number)
    first = steps.border(f, blocks, block, "%total")
    count = f.subtract(steps.border(f, blocks, f.add(block, 1), "%total"), first)
    target = f.offset(copies, f.multiply(number, copy_nbytes(node.type)))
    some = f.compare("sgt", count, 0)
    with f.when(some):
        yield PartOfBlock(item, f.subtract(first, "%before"), count, target)
    empty = f.let(f"xor i1 {some}, true")
    with f.when(f.let(f"and i1 {empty}, {f.compare('eq', item, 0)}")):
        neutral = combining(f, node.op).neutral
        with f.loop(0, copy_nbytes(node.type), f.vector_nbytes) as place:
            f.store(neutral, target, place.index)


def emit_exchange(f: Function, bucket: Bucket) -> None:
    """Calls the runtime's function with the bucket: its address, how many sums and how many largest numbers are in it,
    and the bytes of each."""
    address = f.offset(f.load_pointer("%context", 8 * layout.ARENA_SLOT), bucket.offset)
    exchange = f.load_pointer("%context", 8 * layout.EXCHANGE_SLOT)
    nbytes = f.floats.nbytes
    counts = (bucket.sums_nbytes // nbytes, bucket.largest_nbytes // nbytes, nbytes)
    f.emit(f"call void {exchange}(ptr {address}, {', '.join(f'i64 {count}' for count in counts)})")
