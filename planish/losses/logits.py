"""The logits behind a model's probabilities; cross-entropies are computed from them, as in Keras on TensorFlow.

A saturated softmax gives 0 and 1, and their logarithms need a limit to stay finite. Beyond the limit the gradient
is zero, and the model stops learning. The loss of the logits needs no limit, is exact, and costs less. So a loss
looks behind its outputs: where they are the result of a softmax or a sigmoid, it takes the input of that.
"""

from __future__ import annotations

from dataclasses import replace

from planish import warned
from planish.errors import explain
from planish.graph.node import Node

_ACTIVATIONS = ("softmax", "sigmoid")


def logits_under(y_pred: Node, activation: str, *, mixed: bool = True) -> Node | None:
    """The input of the softmax or sigmoid that gave `y_pred`; None if something else gave it.

    `activation` is the one that belongs to the loss. Directly before the loss the other one will do too (if `mixed`),
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
    """Whether a node only moves values, and keeps together on the last axis what one softmax made."""
    if activation == "sigmoid":
        return node.op in ("reshape", "transpose")
    return node.op == "reshape" and node.shape[-1:] == node.inputs[0].shape[-1:]


def warn_of_probabilities(loss: str) -> None:
    """The warning about `from_logits=True` for a model that gives probabilities."""
    text = explain(
        what=f"loss '{loss}' was told `from_logits=True`, but the model ends in a softmax or a sigmoid, which gives "
        "probabilities: the loss is computed from what goes into it",
        remedy="leave out from_logits=True, or the activation of the last layer",
    )
    warned.warn(text)
