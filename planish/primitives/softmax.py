"""Softmax on the last axis, and its logarithm, both safe for large inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.mistake import check_values, mistake
from planish.primitives.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    check_values("softmax", *inputs)
    if not inputs[0].shape:
        raise mistake("softmax needs an axis to work along", received=inputs[0])
    return inputs[0]


def _softmax(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    weights = np.exp(x - x.max(axis=-1, keepdims=True))
    result: Array = weights / weights.sum(axis=-1, keepdims=True)
    return result


def _log_softmax(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    shifted = x - x.max(axis=-1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def _softmax_grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.binary import multiply, subtract
    from planish.primitives.reduce import reduce_sum

    # dx = y * (g - sum(g * y))
    last = len(node.shape) - 1
    return [multiply(node, subtract(g, reduce_sum(multiply(g, node), (last,), keepdims=True)))]


def _log_softmax_grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.binary import multiply, subtract
    from planish.primitives.reduce import reduce_sum

    # dx = g - softmax(x) * sum(g): for a cross-entropy, whose g is minus the target, that is p - y. The softmax is not
    # taken to be exp(node): the model's output most often is the same softmax, which then is computed once.
    last = len(node.shape) - 1
    return [subtract(g, multiply(softmax(node.inputs[0]), reduce_sum(g, (last,), keepdims=True)))]


register("softmax", _infer, _softmax, _softmax_grad)
register("log_softmax", _infer, _log_softmax, _log_softmax_grad)


def softmax(x: Node) -> Node:
    """exp(x) / sum(exp(x)) along the last axis."""
    return make("softmax", [x])


def log_softmax(x: Node) -> Node:
    """x - log(sum(exp(x))) along the last axis."""
    return make("log_softmax", [x])
