"""The logits under a model's probabilities, from which cross-entropies are computed, as in Keras on TensorFlow.

A softmax that has saturated gives 0 and 1, whose logarithms have to be kept finite by a limit. Beyond it the gradient
is zero, and the model learns nothing more. The loss of the logits has no limit, is exact, and costs less. So a loss
looks under its outputs: where they are the result of a softmax or a sigmoid, it takes what went into that.
"""

from __future__ import annotations

import warnings
from dataclasses import replace

from planish.errors import explain
from planish.graph.node import Node

_ACTIVATIONS = ("softmax", "sigmoid")


def logits_under(y_pred: Node, activation: str, *, mixed: bool = True) -> Node | None:
    """What went into the softmax or sigmoid that gave `y_pred`; None if something else gave it.

    `activation` is the one that belongs to the loss. Directly under the loss the other one will do too (if `mixed`),
    which is what Keras on TensorFlow computes. The loss's own is found behind reshapes as well, since that changes no
    value.
    """
    if mixed and y_pred.op in _ACTIVATIONS:
        return y_pred.inputs[0]
    views = []
    node = y_pred
    while _is_seen_through(node, activation):
        views.append(node)
        node = node.inputs[0]
    if node.op != activation:
        return None
    logits = node.inputs[0]
    for view in reversed(views):
        logits = replace(view, inputs=(logits,))
    return logits


def _is_seen_through(node: Node, activation: str) -> bool:
    """Whether a node only moves values, and leaves those that a softmax made together on the last axis."""
    if activation == "sigmoid":
        return node.op in ("reshape", "transpose")
    return node.op == "reshape" and node.shape[-1:] == node.inputs[0].shape[-1:]


def warn_of_probabilities(loss: str) -> None:
    """Of `from_logits=True` for a model that gives probabilities."""
    text = explain(
        what=f"loss '{loss}' was told `from_logits=True`, but the model ends in a softmax or a sigmoid, which gives "
        "probabilities: the loss is computed from what goes into it",
        remedy="leave out from_logits=True, or the activation of the last layer",
    )
    warnings.warn(text, UserWarning, stacklevel=2)
