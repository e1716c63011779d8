"""Which elements of a graph's inputs a region of a node depends on: the rules of its operations, walked back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planish.errors import explain
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.primitives.regions import Region, clip, gather
from planish.primitives.registry import Reach, Without, op_named


def trace_back(
    node: Node, region: Region, image: Node, *, clipped: bool, through: Sequence[Node] | None = None
) -> list[Region]:
    """The regions of `image`, an input of the graph, that `region` of `node` depends on.

    `clipped` leaves padding out at every step, and is exact; otherwise padding counts as if it were pixels. `through`:
    only along paths that lead through one of these nodes.
    """
    reached = _reached({node: [region]}, clipped)
    if through is not None:
        reached = _reached({each: reached.get(each, []) for each in through}, clipped)
    return reached.get(image, [])


def _reached(starts: Mapping[Node, list[Region]], clipped: bool) -> dict[Node, list[Region]]:
    """The regions of every node before `starts`, regions of nodes, that these depend on."""
    order = [each for each in topological([*starts]) if each.batched]
    pending = {each: [*starts.get(each, ())] for each in order}
    for each in reversed(order):
        regions = gather(pending[each])
        pending[each] = regions
        for one in regions:
            for source, reached in _rule_of(each)(each, one):
                kept = clip(reached, source.shape) if clipped else reached
                if source.batched and kept is not None:
                    pending[source].append(kept)
    return pending


def _rule_of(node: Node) -> Reach:
    rule = op_named(node.op).reach
    if isinstance(rule, Without):
        raise ValueError(
            explain(
                what=f"receptive fields are not known through the operation {node.op!r}",
                layer=", ".join(node.layers) or None,
                rule=f"it {rule.reason}",
                received=node.type,
            )
        )
    return rule


def bounds(regions: Sequence[Region], rank: int) -> tuple[range, ...]:
    """The smallest box around the regions: a half-open range an axis, all of them empty if there is no region."""
    if not regions:
        return (range(0),) * rank
    return tuple(
        range(min(min(region[axis]) for region in regions), max(max(region[axis]) for region in regions) + 1)
        for axis in range(rank)
    )
