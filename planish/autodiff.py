"""The reverse walk. Each operation's own rule in `planish.primitives` says what it contributes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from planish.errors import explain
from planish.graph.graph import topological
from planish.graph.node import Node, layer_scope
from planish.primitives.binary import add
from planish.primitives.broadcasting import zeros_like
from planish.primitives.leaves import constant
from planish.primitives.registry import Without, op_named


def gradients(loss: Node, wrt: Sequence[Node], seed: Node | None = None) -> list[Node]:
    """The gradient of `loss` with respect to each node of `wrt`, of that node's type.

    `loss` has shape (), one value per image or one in all. `seed` is the gradient that it starts from (ones, if not
    given; one value in all goes for every image), so with a loss per image the result is the gradient of the weighted
    sum over the batch. A node that the loss does not depend on gets zeros. ValueError for a loss of another shape, or
    if an operation on the way has no gradient.
    """
    order = list(topological([loss]))
    needed = _depends_on(order, set(wrt))
    totals: dict[Node, Node] = {loss: _start(loss, seed)}
    for node in reversed(order):
        if node in totals and node in needed and node.inputs:
            with layer_scope(", ".join(node.layers)) if node.layers else nullcontext():
                _pass_on(node, needed, totals)
    return [totals[node] if node in totals else zeros_like(node) for node in wrt]


def _depends_on(order: Sequence[Node], wrt: set[Node]) -> set[Node]:
    """The nodes through which the gradient has to pass."""
    needed: set[Node] = set()
    for node in order:
        if node in wrt or any(source in needed for source in node.inputs):
            needed.add(node)
    return needed


def _start(loss: Node, seed: Node | None) -> Node:
    """The gradient of the loss, of the loss's type."""
    if loss.shape != ():
        raise ValueError(explain(what="A loss is one value, per image or in all", received=loss.type))
    if seed is None:
        seed = constant(1.0)
    if seed.type == loss.type:
        return seed
    if seed.shape != () or seed.batched:
        raise ValueError(explain(what="The seed does not fit the loss", expected=loss.type, received=seed.type))
    return add(zeros_like(loss), seed)


def _pass_on(node: Node, needed: set[Node], totals: dict[Node, Node]) -> None:
    """Adds what `node` contributes to the gradients of its operands."""
    if not any(source in needed for source in node.inputs):
        return
    rule = op_named(node.op).gradient
    if isinstance(rule, Without):
        owner = f" (layer {', '.join(node.layers)})" if node.layers else ""
        raise ValueError(f"operation {node.op!r}{owner} has no gradient: it {rule.reason}")
    for source, part in zip(node.inputs, rule(node, totals[node]), strict=True):
        if part is not None and source in needed:
            totals[source] = add(totals[source], part) if source in totals else part
