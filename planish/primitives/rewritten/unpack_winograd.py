"""The gradient of a 3x3 kernel, [3, 3, cin, cout], of the matrices of `conv2d_winograd_weight_grad`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.winograd import method


class UnpackWinogradSettings(Settings):
    tile: int


def _infer(inputs: Sequence[TensorType], settings: UnpackWinogradSettings) -> TensorType:
    return TensorType((3, 3, *inputs[0].shape[1:]), batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    transform = method(UnpackWinogradSettings.of(node).tile).kernel.astype(arrays[0].dtype)
    matrices = arrays[0].reshape(len(transform), len(transform), *node.shape[2:])
    kernel: Array = np.einsum("ai,abcd,bj->ijcd", transform, matrices, transform)
    return kernel


register_rewritten("unpack_winograd", UnpackWinogradSettings, _infer, _reference)


def unpack_winograd(matrices: Node, tile: int) -> Node:
    return make("unpack_winograd", [matrices], UnpackWinogradSettings(tile=tile))
