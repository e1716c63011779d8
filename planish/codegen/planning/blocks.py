"""Steps that several processes (*ranks*) do together: the blocks of a batch, and the totals over all of them.

A batch is cut into a number of *blocks* that does not depend on the number of ranks; a rank has some that follow each
other: its *share* of the batch. Where block i begins is a function of the number of images alone (`border`), so a batch
may have any number of them; with few, some blocks are empty.

A sum over the images is computed for each block by itself (`program.py` calls the sum's kernel with the images of the
block); `total` adds the sums of a rank's blocks in pairs, and pairs of pairs. All totals of a stage lie side by side in
memory, the *bucket*, which the next stage exchanges with the other ranks: it calls a function of the runtime's, which
goes on adding in pairs. So the tree of additions, and with it every bit, is the same for 1, 2, 4 ... ranks.

Totals that nothing needs which is computed for images - gradients of weights - share the last bucket of the step.

A large share goes through the stages that repeat (see `schedule.py`) in *turns*: each takes a group of the rank's
blocks, or a slice of one that is large itself. So memory does not grow with the batch. The sums of a turn are added to
those of the turns before, in the same tree: slices of a block one after the other, blocks and pairs of them as a binary
counter counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from planish.codegen.planning.slicing import Slices, is_sum
from planish.codegen.planning.views import storage_root
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.primitives.expression import Expression
from planish.primitives.rewritten.elementwise import elementwise
from planish.primitives.total import TotalSettings, total_of


@dataclass(frozen=True, slots=True)
class Blocks:
    """A batch has `count` blocks, `own` of which are this rank's. A step takes one of their `groups` after the
    other, each of them in `slices`; there are several slices only if a group is a single block."""

    count: int
    own: int
    groups: int = 1
    slices: int = 1

    @property
    def together(self) -> int:
        return self.own // self.groups

    @property
    def turns(self) -> int:
        return self.groups * self.slices

    @property
    def kept(self) -> int:
        """How many sums wait, at most, for others of as many blocks."""
        return self.groups.bit_length() - 1

    def cut(self, batch: int, most: int) -> tuple[Blocks, Slices]:
        """Turns of at most so many images, for batches of so many.

        Whether a block is cut depends on the batch alone, since it decides about bits; how many are taken together
        depends on the share, and does not.
        """
        if Blocks(self.count, 1).most_images(batch) > most:
            slices = -(-Blocks(self.count, 1).most_images(batch) // most)
            own = replace(self, groups=self.own, slices=slices)
            return own, Slices(own.turns, most)
        groups = 1
        while Blocks(self.count, self.own // groups).most_images(batch) > most:
            groups *= 2
        images = Blocks(self.count, self.own // groups).most_images(batch)
        return replace(self, groups=groups), Slices(groups, images)

    def border(self, block: int, images: int) -> int:
        """The first image of a block in a batch of so many."""
        return block * images // self.count

    def most_images(self, batch: int) -> int:
        """Of a share of a batch of at most so many images."""
        return -(-batch * self.own // self.count)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where the totals of a stage are in the arena, in bytes: sums, and after them the largest numbers."""

    offset: int
    sums_nbytes: int
    largest_nbytes: int


def is_total(node: Node) -> bool:
    return node.op == "total"


def is_largest(node: Node) -> bool:
    """Whether it is a total that is the largest of numbers, not their sum."""
    return is_total(node) and TotalSettings.of(node).largest


def totals_of(graph: Graph, blocks: Blocks) -> Callable[[Node, Node], Node | None]:
    """The rule by which readers of a sum read the total; where a graph says itself what is a total, that is all."""
    if any(map(is_total, graph.nodes)):
        return lambda original, node: None

    def rule(original: Node, node: Node) -> Node | None:
        return total_of(node, blocks.together, blocks.groups, blocks.slices) if is_sum(node) else None

    return rule


def with_results_apart(graph: Graph) -> Graph:
    """A copy of each total that is a result: the total itself is in the bucket."""

    def apart(node: Node) -> Node:
        return elementwise([node], Expression(1, ())) if is_total(storage_root(node)) else node

    outputs = {name: apart(node) for name, node in graph.outputs}
    return Graph.build(outputs, {name: apart(node) for name, node in graph.updates})


def totals_at_the_end(nodes: Sequence[Node]) -> list[Node]:
    """Those of the totals that nothing needs which is computed for images."""
    needed: Set[Node] = set()
    for node in reversed(nodes):
        if node.batched or node in needed:
            needed |= {storage_root(source) for source in node.inputs if not source.batched}
    return [node for node in nodes if is_total(node) and node not in needed]
