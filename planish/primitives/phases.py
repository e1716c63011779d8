"""A map as interleaved smaller maps, its phases, and the part of a kernel that belongs to one of them.

The gradient of a convolution with strides splits like that: pixels whose positions have the same remainder meet the
same taps of the kernel.

    kernel_phase   y[i, j] = w[first[0] + i * strides[0], first[1] + j * strides[1]]
    interleave2d   y[a + i * strides[0], b + j * strides[1]] = phase (a, b) [i, j]
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from planish.primitives.windows import Pair


def phase_starts(extents: Sequence[int], strides: Sequence[int]) -> Iterator[Pair]:
    """The first row and column of every phase that has pixels, in the order of `interleave2d`."""
    rows, columns = (range(min(stride, extent)) for stride, extent in zip(strides, extents, strict=True))
    return itertools.product(rows, columns)


def phase_extents(extents: Sequence[int], strides: Sequence[int], first: Pair) -> Pair:
    """Rows and columns of the phase that starts at `first`."""
    rows, columns = (-(-(e - f) // s) for e, s, f in zip(extents, strides, first, strict=True))
    return rows, columns
