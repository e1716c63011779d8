"""Whether scores are linear in a layer's output, and the scores where that output is zero."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from planish import primitives
from planish.graph.graph import Graph, topological
from planish.graph.node import Node
from planish.primitives.interpreter import interpret
from planish.primitives.registry import Without, op_named

if TYPE_CHECKING:
    from planish.models.model import Model


def biases_of_scores(
    model: Model, score: Node, flat: Node, given: Mapping[str, NDArray[Any]]
) -> NDArray[np.float64] | None:
    """The score where the node `flat` is zero, if it is linear in that node; else None.

    `given` are the inputs of the graph: what reaches the score by other ways counts as it is.
    """
    if not is_linear(score, flat):
        return None
    zeros = primitives.input_("features", flat.shape)
    tail = Graph.build({"logit": score}).rewrite_knowing(lambda original, _: zeros if original is flat else None)
    count = len(given["class"])
    bindings: dict[str, Any] = {variable.path: variable.value for variable in model.weights}
    bindings |= {**given, "features": np.zeros((count, *flat.shape))}
    results = interpret(tail, bindings, batch_size=count, dtype=np.float64)
    return results.outputs["logit"]


def is_linear(y: Node, x: Node) -> bool:
    """Whether `y` is a linear function of `x` plus a constant, as far as the operations between them say."""
    depends: set[Node] = {x}
    for node in topological([y]):
        operands = [source in depends for source in node.inputs]
        if node is x or not any(operands):
            continue
        depends.add(node)
        rule = op_named(node.op).linear
        if isinstance(rule, Without) or not rule(operands):
            return False
    return True
