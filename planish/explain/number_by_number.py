"""Which operations of a model the page can show number by number: convolutions, pools, dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from planish.explain.computation import Computation
from planish.explain.layer_cards import Card
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.layers.base.context import Visit
from planish.layers.base.traced import Traced

_KINDS = {"conv2d": "conv", "max_pool2d": "pool", "average_pool2d": "pool", "dense": "dense"}
_MOVING = frozenset({"transpose", "reshape"})


def shown(traced: Traced, computed: Computation, cards: Sequence[Card]) -> list[dict[str, Any]]:
    """A record for each operation, in the order of the layers.

    'node' is the operation, 'sum' what it is with the bias, 'final' what the layer's activation makes of that: all in
    one shape, with the channels last, as numbers of nodes. 'card' is the place of the layer's card.
    """
    by_node = {card.node: place for place, card in enumerate(cards)}
    found = []
    for visit in traced.leaves:
        inside = _inside(visit)
        operations = [node for node in inside if node.op in _KINDS and computed.has(node)]
        for place, node in enumerate(operations):
            last = operations[-1] is node
            total = _with_bias(node, inside)
            final = _final(visit, total) if last else total
            if not computed.has(total, final) or visit.outputs[0] not in by_node:
                continue
            card = by_node[visit.outputs[0]]
            step = f", part {place + 1}" if len(operations) > 1 else ""
            found.append(
                {
                    "name": cards[card].name + step,
                    "kind": _KINDS[node.op],
                    "node": computed.number(node),
                    "sum": computed.number(total),
                    "final": computed.number(final),
                    "activation": _activation(visit) if final is not total else "",
                    "card": card,
                    "output": last,
                }
            )
    return found


def _inside(visit: Visit) -> list[Node]:
    before = set(topological(visit.inputs))
    return [node for node in topological([*visit.outputs]) if node not in before]


def _with_bias(node: Node, inside: Sequence[Node]) -> Node:
    """The sum of an operation and what only weights give; the operation itself if nothing is added to it."""
    sums = [each for each in inside if each.op == "add" and node in each.inputs and each.shape == node.shape]
    one = [each for each in sums if any(not x.batched for x in each.inputs)]
    return one[0] if one and node.op in ("conv2d", "dense") else node


def _final(visit: Visit, total: Node) -> Node:
    """The layer's output before its axes are moved."""
    y = visit.outputs[0]
    while y.op in _MOVING and y is not total and y.inputs[0].batched:
        y = y.inputs[0]
    return y if y.shape == total.shape else total


def _activation(visit: Visit) -> str:
    named = getattr(getattr(visit.layer, "activation", None), "__name__", None)
    return named if isinstance(named, str) else "the activation"


def learned(
    arithmetic: Sequence[dict[str, Any]], computed: Computation, picture: dict[str, Any] | None, pixels: int
) -> int | None:
    """Which record has weights that are pictures: the first convolution, or a Dense that sees the whole image.

    `picture` is what the page shows of the image, `pixels` how many numbers it has.
    """
    if picture is None:
        return None
    nodes = [*computed.nodes]
    for place, record in enumerate(arithmetic):
        if record["kind"] == "conv":
            return place
        if record["kind"] == "dense":
            seen = nodes[record["node"]].inputs[0]
            in_order = all(node.op != "transpose" for node in topological([seen])) and not picture["first"]
            return place if seen.shape == (pixels,) and in_order else None
    return None
