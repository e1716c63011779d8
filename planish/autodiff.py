"""The reverse walk. What each operation contributes is its own rule, in `planish.ops`."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.graph import topological
from planish.graph.node import Node, layer_scope
from planish.ops.binary import add
from planish.ops.leaves import constant
from planish.ops.registry import op_named


def gradients(loss: Node, wrt: Sequence[Node], seed: Node | None = None) -> list[Node]:
    """The gradient of `loss` with respect to each node of `wrt`, of that node's type.

    `loss` has shape (), one value per image or one in all; `seed` (ones, if not given) is what its gradient starts from, so with a loss per
    image the result is the gradient of the weighted sum over the batch. A node that does not reach the loss gets zeros.
    """
    order = list(topological([loss]))
    needed = _depends_on(order, set(wrt))
    totals: dict[Node, Node] = {loss: _start(loss) if seed is None else seed}
    for node in reversed(order):
        if node not in totals or node not in needed or not node.inputs:
            continue
        rule = op_named(node.op).grad
        if rule is None:
            raise ValueError(f"operation {node.op!r} (layer {', '.join(node.layers)}) has no gradient")
        with layer_scope(", ".join(node.layers)):
            parts = rule(node, totals[node])
            for source, part in zip(node.inputs, parts, strict=True):
                if part is not None and source in needed:
                    totals[source] = add(totals[source], part) if source in totals else part
    return [totals[node] if node in totals else _zeros(node) for node in wrt]


def _depends_on(order: Sequence[Node], wrt: set[Node]) -> set[Node]:
    """The nodes through which the gradient has to pass."""
    needed: set[Node] = set()
    for node in order:
        if node in wrt or any(source in needed for source in node.inputs):
            needed.add(node)
    return needed


def _start(loss: Node) -> Node:
    from planish.ops.binary import multiply

    if loss.shape != ():
        raise ValueError(f"the loss has to be one value, per image or in all, not {loss.type}")
    return add(multiply(loss, 0.0), 1.0) if loss.batched else constant(1.0)


def _zeros(node: Node) -> Node:
    from planish.ops.binary import multiply

    return multiply(node, 0.0)
