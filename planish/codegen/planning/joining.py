"""Which element-wise values are computed together with a sum over the batch: mostly new moments and weights.

A sum whose parts are runs of consecutive elements, and which only such values read, never goes to shared memory: a
thread computes a part of it into its own memory, and then the same part of everything made from it. So gradients never
travel, moments and weights pass once, and a step has one stage less.

Where a sum is one over blocks of images (see `blocks.py`), it is its total that is computed with it: a thread adds
the parts of the sums over single blocks in its own memory.
"""

from __future__ import annotations

from collections.abc import Set

from planish.codegen.kernels import run_of_item
from planish.codegen.llvm.target import Target
from planish.codegen.planning.blocks import is_total
from planish.codegen.planning.slicing import is_sum
from planish.codegen.planning.views import is_view, storage_root
from planish.graph.graph import LEAVES, Graph
from planish.graph.node import Node
from planish.primitives.total import TotalSettings


def joined_to(graph: Graph, target: Target, apart: Set[Node]) -> dict[Node, Node]:
    """The sum for each element-wise value that is computed with one. Those in `apart` have to wait for others."""
    readers = _readers_of(graph)
    late: set[Node] = set()  # needs a sum, but cannot use the sum's own parts
    found: dict[Node, Node] = {}
    for node in graph.nodes:
        if node.batched or node.op in LEAVES or is_view(node):
            continue
        sources = [storage_root(source) for source in node.inputs]
        totals = set(filter(is_total, sources))  # which other ranks have to add to
        sums = {found.get(source, source) for source in {*sources} - totals if is_sum(source) or source in found}
        waits = node in apart or bool(totals) or any(source in late for source in sources)
        if len(sums) == 1 and not waits and _fits(node, next(iter(sums)), target):
            (found[node],) = sums
        elif sums or waits:
            late.add(node)
    while True:  # a sum that anything else reads goes to memory, and then everything made from it waits for that
        alone = {
            total for total in set(found.values()) if any(found.get(reader) is not total for reader in readers[total])
        }
        if not alone:
            return found
        found = {node: total for node, total in found.items() if total not in alone}


def cut_alike(node: Node) -> bool:
    """Whether every operand is a scalar or has the result's shape, so that a part reads only the same part of it."""
    return all(source.type.size == 1 or source.shape == node.shape for source in node.inputs)


def _fits(node: Node, total: Node, target: Target) -> bool:
    """Whether parts of `node` are parts of `total`."""
    alike = _is_added_at_once(node) or (node.op == "elementwise" and node.shape == total.shape and cut_alike(node))
    return alike and total.type.size > 1 and run_of_item(total, target) is not None


def _is_added_at_once(node: Node) -> bool:
    """Whether it is a total whose blocks are all there."""
    return is_total(node) and TotalSettings.of(node).groups * TotalSettings.of(node).slices == 1


def _readers_of(graph: Graph) -> dict[Node, list[Node]]:
    """The readers of each value; a view of it, and being a result, count as a reader that joins nothing."""
    readers: dict[Node, list[Node]] = {node: [] for node in graph.nodes}
    for node in graph.nodes:
        for source in node.inputs:
            readers[source].append(node)
    for _, node in (*graph.outputs, *graph.updates):
        readers[node].append(node)
    return readers
