"""Pools that give as many windows as one asks for, whatever the size of the map: those of PyTorch and Keras.

Window i of `count` over `extent` entries reaches from floor(i * extent / count) to ceil((i + 1) * extent / count).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from planish.graph.node import Node
from planish.primitives.arranging import stack
from planish.primitives.axes import axis_of
from planish.primitives.concatenate import concatenate
from planish.primitives.mistake import mistake
from planish.primitives.reshape import reshape
from planish.primitives.slice_axis import slice_axis
from planish.primitives.table import table
from planish.primitives.take import take

Pool = Callable[[Node, Sequence[int], Sequence[int]], Node]
"""`max_pool2d` or `average_pool2d`."""

MOST_PHASES = 32


def adaptive_pool(x: Node, axis: int, count: int, pool: Pool) -> Node:
    """`x` with `count` windows along a per-image axis."""
    axis = axis_of(x, axis)
    extent = x.shape[axis]
    if count < 1:
        raise mistake("an adaptive pool gives one window or more", received=count)
    if count == extent:
        return x
    before, after = math.prod(x.shape[:axis]), math.prod(x.shape[axis + 1 :])
    rows = reshape(x, (before, extent, after))
    phases = count // math.gcd(count, extent)
    pooled = _by_phase(rows, count, phases, pool) if phases <= MOST_PHASES else _picked(rows, count, pool)
    return reshape(pooled, (*x.shape[:axis], count, *x.shape[axis + 1 :]))


def edges(extent: int, count: int) -> list[tuple[int, int]]:
    """Where each window begins and ends."""
    return [(i * extent // count, -(-(i + 1) * extent // count)) for i in range(count)]


def _by_phase(rows: Node, count: int, phases: int, pool: Pool) -> Node:
    """Every `phases`-th window has the same size, and is as far from the next one of them: each phase is a pool."""
    extent, windows = rows.shape[1], count // phases
    stride = extent // windows
    pooled = []
    for start, stop in edges(extent, count)[:phases]:
        seen = slice_axis(rows, 1, start, stop + (windows - 1) * stride)
        pooled.append(pool(seen, (1, stop - start), (1, stride)))
    return pooled[0] if phases == 1 else reshape(stack(pooled, 2), (rows.shape[0], count, rows.shape[2]))


def _picked(rows: Node, count: int, pool: Pool) -> Node:
    """Of pools at every step, one for each size that windows have, those that are windows."""
    windows = edges(rows.shape[1], count)
    widths = sorted({stop - start for start, stop in windows})
    pools = [pool(rows, (1, width), (1, 1)) for width in widths]
    firsts = dict(zip(widths, np.cumsum([0, *(each.shape[1] for each in pools)]), strict=False))
    return take(concatenate(pools, 1), table([int(firsts[stop - start]) + start for start, stop in windows]), 1)
