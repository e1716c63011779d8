"""The kernel of the transposed convolution: input and output channels swapped within each group, rows and columns
reversed.

turned[a, b, o, g * cin + c] = w[kh - 1 - a, kw - 1 - b, c, g * cout + o] for cin input and cout output channels a
group.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    rows, columns, channels, filters = inputs[0].shape
    groups = attributes["groups"]
    return TensorType((rows, columns, filters // groups, channels * groups), batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (w,) = arrays
    rows, columns, channels, filters = w.shape
    groups = node.attributes["groups"]
    split = w[::-1, ::-1].reshape(rows, columns, channels, groups, filters // groups)
    return split.transpose(0, 1, 4, 3, 2).reshape(node.shape)


register("turn_kernel", _infer, _reference, None)


def turn_kernel(w: Node, groups: int) -> Node:
    return make("turn_kernel", [w], groups=groups)
