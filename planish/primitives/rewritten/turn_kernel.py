"""The kernel of the transposed convolution: input and output channels swapped within each group, rows and columns
reversed.

turned[a, b, o, g * cin + c] = w[kh - 1 - a, kw - 1 - b, c, g * cout + o] for cin input and cout output channels a
group.
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.registry import Array, Environment, make, register_rewritten


class TurnKernelSettings(Settings):
    groups: int


def _infer(inputs: Sequence[TensorType], settings: TurnKernelSettings) -> TensorType:
    rows, columns, channels, filters = inputs[0].shape
    groups = settings.groups
    return TensorType((rows, columns, filters // groups, channels * groups), batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (w,) = arrays
    rows, columns, channels, filters = w.shape
    groups = TurnKernelSettings.of(node).groups
    split = w[::-1, ::-1].reshape(rows, columns, channels, groups, filters // groups)
    return split.transpose(0, 1, 4, 3, 2).reshape(node.shape)


register_rewritten("turn_kernel", TurnKernelSettings, _infer, _reference)


def turn_kernel(w: Node, groups: int) -> Node:
    return make("turn_kernel", [w], TurnKernelSettings(groups=groups))
