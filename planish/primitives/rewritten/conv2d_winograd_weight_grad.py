"""The gradient of a 3x3 kernel with stride 1 by Winograd's method: x, g -> (tile + 2)^2 matrices [cin, cout].

x has two rows and columns more than g. `unpack_winograd` makes the kernel's gradient of the matrices.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.winograd import method


class Conv2DWinogradWeightGradSettings(Settings):
    tile: int


def _infer(inputs: Sequence[TensorType], settings: Conv2DWinogradWeightGradSettings) -> TensorType:
    x, g = inputs
    if x.shape[:2] != tuple(extent + 2 for extent in g.shape[:2]):
        raise mistake(
            "the gradient of a 3x3 kernel by Winograd's method",
            expected="x of two rows and columns more than g",
            received=f"{x} and {g}",
        )
    return TensorType(((settings.tile + 2) ** 2, x.shape[2], g.shape[2]), batched=False)


def _tiles(array: Array, extent: int, tile: int) -> Array:
    """[N, rows, columns, channels, extent, extent]: windows `tile` apart, with zeros beyond the array."""
    beyond = [(0, -(along - extent + tile) % tile) for along in array.shape[1:3]]
    padded = np.pad(array, ((0, 0), *beyond, (0, 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, (extent, extent), (1, 2))[:, ::tile, ::tile]


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, g = arrays
    tile = Conv2DWinogradWeightGradSettings.of(node).tile
    into, out = (matrix.astype(x.dtype) for matrix in (method(tile).input, method(tile).output))
    transformed = np.einsum("ai,nrscij,bj->nrsabc", into, _tiles(x, tile + 2, tile), into, optimize=True)
    gradients = np.einsum("pa,nrsopq,qb->nrsabo", out, _tiles(g, tile, tile), out, optimize=True)
    result: Array = np.einsum("nrsabc,nrsabo->abco", transformed, gradients, optimize=True).reshape(node.shape)
    return result


register_rewritten("conv2d_winograd_weight_grad", Conv2DWinogradWeightGradSettings, _infer, _reference)


def conv2d_winograd_weight_grad(x: Node, g: Node, tile: int) -> Node:
    return make("conv2d_winograd_weight_grad", [x, g], Conv2DWinogradWeightGradSettings(tile=tile))
