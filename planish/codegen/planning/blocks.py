"""Steps that several processes (*ranks*) do together: the blocks of a batch, and the totals over all of them.

A batch is cut into a number of *blocks* that does not depend on the number of ranks; a rank has some that follow each
other: its *share* of the batch. Where block i begins is a function of the number of images alone (`border`), so a batch
may have any number of them; with few, some blocks are empty.

A sum over the images is computed for each block by itself (`program.py` calls the sum's kernel with the images of the
block); `total` adds the sums of a rank's blocks in pairs, and pairs of pairs. All totals of a stage lie side by side in
memory, the *bucket*, which the next stage exchanges with the other ranks: it calls a function of the runtime's, which
goes on adding in pairs. So the tree of additions, and with it every bit, is the same for 1, 2, 4 ... ranks.

Totals that nothing needs which is computed for images - gradients of weights - share the last bucket of the step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from planish.codegen.planning.slicing import is_sum
from planish.codegen.planning.views import storage_root
from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.primitives.expression import Expression
from planish.primitives.rewritten.elementwise import elementwise
from planish.primitives.total import TotalSettings, total_of


@dataclass(frozen=True, slots=True)
class Blocks:
    """A batch has `count` blocks, `own` of which are this rank's."""

    count: int
    own: int

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
        return total_of(node, blocks.own) if is_sum(node) else None

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
