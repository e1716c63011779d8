"""Slices of a large batch: what a slice leaves for the sums over the batch is read while it is still in the cache.

Then the sums are those of a slice, and `sum_of_slices` adds them up in the order of the slices. How a batch is cut
depends on the program alone, not on the threads, and so do the bits of the sums.
"""

from __future__ import annotations

from dataclasses import dataclass

from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.primitives.expression import Expression
from planish.primitives.rewritten.elementwise import elementwise
from planish.primitives.rewritten.sum_of_slices import sum_of_slices

# What a slice leaves, beside weights and moments, should fit into the caches; but threads have to share its blocks.
SLICE_NBYTES, BLOCKS, SLICES_OF_TURN = 2**22, 4, 4


@dataclass(frozen=True, slots=True)
class Slices:
    """A batch is `count` slices of `images` images; the last one may have fewer, in a smaller batch some have none."""

    count: int
    images: int


def cut(batch: int, image_nbytes: int, block: int) -> Slices:
    """Slices of a multiple of BLOCKS blocks, for images that leave this many bytes each.

    Their size does not depend on the batch, so a smaller batch has the same bits in a program made for a larger one.
    """
    images = _images_of_slice(image_nbytes, block)
    if batch <= images:
        return Slices(1, batch)
    return Slices(-(-batch // images), images)


def _images_of_slice(image_nbytes: int, block: int) -> int:
    least = BLOCKS * block
    return max(1, SLICE_NBYTES // max(image_nbytes, 1) // least) * least


def images_of_turn(image_nbytes: int, block: int) -> int:
    """At most, where several processes share a batch: more than a slice has, since each turn adds sums of its own."""
    return SLICES_OF_TURN * _images_of_slice(image_nbytes, block)


def is_sum(node: Node) -> bool:
    """Whether the node is a sum over the images that a program works on."""
    return not node.batched and any(source.batched for source in node.inputs)


def total_over_slices(original: Node, node: Node) -> Node | None:
    """Readers of a sum read the sum of all slices."""
    return sum_of_slices(node, largest=node.op == "batch_max") if is_sum(node) else None


def with_updates_apart(summed: Graph) -> Graph:
    """The graph of such totals."""
    # A parameter's memory holds the old value until all slices are done.
    updates = {name: _apart(node) for name, node in summed.updates}
    return Graph.build(dict(summed.outputs), updates)


def _apart(node: Node) -> Node:
    return elementwise([node], Expression(1, ())) if node.op in ("sum_of_slices", "reshape") else node
