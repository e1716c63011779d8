"""Weights laid out for the kernels that stream them. Packing runs once per change of the weights, never per image.

* `pack_panels[panels, lanes, turned]`: a matrix [k, m] as consecutive panels of columns; panel p holds `panels[p]`
  vectors of `lanes` columns, row after row, so that a kernel reads it front to back. Columns beyond m are zero.
  `turned`: the operand is the transposed matrix, [m, k].
* `pack_winograd[]`: a 3x3 kernel [3, 3, cin, cout] as the 16 matrices [cin, cout] of Winograd's F(2x2, 3x3).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.ops.registry import Array, Environment, make, register
from planish.ops.winograd import KERNEL


def _infer_panels(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    *batch, rows, columns = inputs[0].shape
    rows = columns if attributes["turned"] else rows
    return TensorType((*batch, rows * sum(attributes["panels"]) * attributes["lanes"]), batched=False)


def _pack_panels(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (matrices,) = arrays
    if node.attributes["turned"]:
        matrices = matrices.swapaxes(-1, -2)
    *batch, rows, columns = matrices.shape
    lanes = node.attributes["lanes"]
    padded = np.zeros((*batch, rows, sum(node.attributes["panels"]) * lanes), matrices.dtype)
    padded[..., :columns] = matrices
    packed, start = [], 0
    for vectors in node.attributes["panels"]:
        packed.append(padded[..., start : start + vectors * lanes].reshape(*batch, -1))
        start += vectors * lanes
    return np.concatenate(packed, axis=-1)


def _infer_winograd(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return TensorType((16, *inputs[0].shape[2:]), batched=False)


def _pack_winograd(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (kernel,) = arrays
    transform = KERNEL[2].astype(kernel.dtype)
    transformed: Array = np.einsum("ai,ijcd,bj->abcd", transform, kernel, transform).reshape(node.shape)
    return transformed


def unpack_panels(packed: Array, rows: int, columns: int, panels: Sequence[int], lanes: int) -> Array:
    """The matrices that `pack_panels` packed."""
    batch = packed.shape[:-1]
    parts, start = [], 0
    for vectors in panels:
        size = rows * vectors * lanes
        parts.append(packed[..., start : start + size].reshape(*batch, rows, vectors * lanes))
        start += size
    return np.concatenate(parts, axis=-1)[..., :columns]


register("pack_panels", _infer_panels, _pack_panels, None)
register("pack_winograd", _infer_winograd, _pack_winograd, None)


def pack_panels(matrix: Node, panels: Sequence[int], lanes: int, turned: bool = False) -> Node:
    return make("pack_panels", [matrix], panels=tuple(panels), lanes=lanes, turned=turned)


def pack_winograd(kernel: Node) -> Node:
    return make("pack_winograd", [kernel])
