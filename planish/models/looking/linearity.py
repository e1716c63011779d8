"""Whether scores are linear in a layer's output, and the scores where that output is zero."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish import primitives
from planish.graph.graph import Graph, topological
from planish.graph.node import Node
from planish.models.looking.gradient_values import class_score
from planish.models.looking.layer_outputs import trace
from planish.primitives.interpreter import interpret
from planish.primitives.registry import Without, op_named


def biases_of_scores(model: Any, layer: Any, classes: NDArray[np.int32]) -> NDArray[np.float64] | None:
    """The logit of each class where the output of `layer` is zero, if logits are linear in that output; else None."""
    traced = trace(model)
    score = class_score(model, traced)
    flat = traced.visit(model, layer).y
    if not is_linear(score, flat):
        return None
    zeros = primitives.input_("features", flat.shape)
    tail = Graph.build({"logit": score}).rewrite_knowing(lambda original, _: zeros if original is flat else None)
    bindings: dict[str, Any] = {variable.path: variable.value for variable in model.weights}
    bindings |= {"features": np.zeros((len(classes), *flat.shape)), "class": classes}
    results = interpret(tail, bindings, batch_size=len(classes), dtype=np.float64)
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
