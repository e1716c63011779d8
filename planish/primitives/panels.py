"""Panels: the columns of a matrix in groups of whole vectors, each group stored row by row, as kernels read weights.

A panel of v vectors has, for each row of the matrix, v * lanes columns; columns beyond the matrix are zeros.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.primitives.registry import Array


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


def unpack_panels(packed: Array, rows: int, columns: int, panels: Sequence[int], lanes: int) -> Array:
    """The matrices that `pack_panels` packed."""
    batch = packed.shape[:-1]
    parts, start = [], 0
    for vectors in panels:
        size = rows * vectors * lanes
        parts.append(packed[..., start : start + size].reshape(*batch, rows, vectors * lanes))
        start += size
    return np.concatenate(parts, axis=-1)[..., :columns]
