"""Weights laid out for the kernels that stream them. Packing runs once per change of the weights, never per image.

* `pack_panels[panels, lanes, turned]`: a matrix [k, m] as consecutive panels of columns; panel p holds `panels[p]`
  vectors of `lanes` columns, row after row, so that a kernel reads it front to back. Columns beyond m are zero.
  `turned`: the operand is the transposed matrix, [m, k].
* `pack_winograd[tile, panels, lanes]`: a 3x3 kernel [3, 3, cin, cout] as the (tile + 2)^2 matrices [cin, cout] of
  Winograd's F(tile x tile, 3x3), each packed in panels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.registry import Array, Environment, make, register
from planish.primitives.winograd import KERNEL


def _infer_panels(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    *batch, rows, columns = inputs[0].shape
    rows = columns if attributes["turned"] else rows
    return TensorType((*batch, rows * sum(attributes["panels"]) * attributes["lanes"]), batched=False)


def _pack_panels(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (matrices,) = arrays
    if node.attributes["turned"]:
        matrices = matrices.swapaxes(-1, -2)
    return packed_panels(matrices, node.attributes["panels"], node.attributes["lanes"])


def packed_panels(matrices: Array, panels: Sequence[int], lanes: int) -> Array:
    """Matrices [..., rows, columns] as panels of columns, [..., rows * width of all panels]."""
    *batch, rows, columns = matrices.shape
    padded = np.zeros((*batch, rows, sum(panels) * lanes), matrices.dtype)
    padded[..., :columns] = matrices
    packed, start = [], 0
    for vectors in panels:
        packed.append(padded[..., start : start + vectors * lanes].reshape(*batch, -1))
        start += vectors * lanes
    return np.concatenate(packed, axis=-1)


def _infer_winograd(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    matrices = (attributes["tile"] + 2) ** 2
    channels = inputs[0].shape[2]
    return TensorType((matrices, channels * sum(attributes["panels"]) * attributes["lanes"]), batched=False)


def _pack_winograd(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (kernel,) = arrays
    transform = KERNEL[node.attributes["tile"]].astype(kernel.dtype)
    matrices = np.einsum("ai,ijcd,bj->abcd", transform, kernel, transform).reshape(-1, *kernel.shape[2:])
    return packed_panels(matrices, node.attributes["panels"], node.attributes["lanes"])


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


def pack_winograd(kernel: Node, tile: int, panels: Sequence[int], lanes: int) -> Node:
    return make("pack_winograd", [kernel], tile=tile, panels=tuple(panels), lanes=lanes)
