"""A map as interleaved smaller maps, its phases, and the part of a kernel that belongs to one of them.

The gradient of a convolution with strides splits like that: pixels whose positions have the same remainder meet the
same taps of the kernel.

    kernel_phase   y[i, j] = w[first[0] + i * strides[0], first[1] + j * strides[1]]
    interleave2d   y[a + i * strides[0], b + j * strides[1]] = phase (a, b) [i, j]
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register
from planish.primitives.windows import pair

Pair = tuple[int, int]


def phase_starts(extents: Sequence[int], strides: Sequence[int]) -> Iterator[Pair]:
    """The first row and column of every phase that has pixels, in the order of `interleave2d`."""
    rows, columns = (range(min(stride, extent)) for stride, extent in zip(strides, extents, strict=True))
    return itertools.product(rows, columns)


def phase_extents(extents: Sequence[int], strides: Sequence[int], first: Pair) -> Pair:
    """Rows and columns of the phase that starts at `first`."""
    rows, columns = (-(-(e - f) // s) for e, s, f in zip(extents, strides, first, strict=True))
    return rows, columns


def _infer_kernel(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    rows, columns, *channels = inputs[0].shape
    first = attributes["first"]
    if not (0 <= first[0] < rows and 0 <= first[1] < columns):
        raise mistake("a phase starts outside of the kernel", expected=f"inside of {rows}x{columns}", received=first)
    extents = phase_extents((rows, columns), attributes["strides"], first)
    return TensorType((*extents, *channels), batched=False)


def _reference_kernel(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (w,), first, strides = arrays, node.attributes["first"], node.attributes["strides"]
    return w[first[0] :: strides[0], first[1] :: strides[1]]


def _infer_interleave(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    extents, strides, present = (attributes[name] for name in ("extents", "strides", "present"))
    starts = [first for first, there in zip(phase_starts(extents, strides), present, strict=True) if there]
    channels = inputs[0].shape[-1]
    wanted = [(*phase_extents(extents, strides, first), channels) for first in starts]
    if [kind.shape for kind in inputs] != wanted:
        raise mistake("phases of other shapes", expected=wanted, received=[kind.shape for kind in inputs])
    return TensorType((*extents, channels))


def _reference_interleave(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    extents, strides, present = (node.attributes[name] for name in ("extents", "strides", "present"))
    result = np.zeros((len(arrays[0]), *node.shape), arrays[0].dtype)
    phases = iter(arrays)
    for (row, column), there in zip(phase_starts(extents, strides), present, strict=True):
        if there:
            result[:, row :: strides[0], column :: strides[1]] = next(phases)
    return result


register("kernel_phase", _infer_kernel, _reference_kernel, None)
register("interleave2d", _infer_interleave, _reference_interleave, None)


def kernel_phase(w: Node, first: Sequence[int], strides: Sequence[int]) -> Node:
    return make("kernel_phase", [w], first=pair(first), strides=pair(strides))


def interleave2d(phases: Sequence[Node | None], extents: Sequence[int], strides: Sequence[int]) -> Node:
    """`phases` in the order of `phase_starts`; None for one of zeros, but not for all."""
    nodes = [phase for phase in phases if phase is not None]
    present = tuple(phase is not None for phase in phases)
    return make("interleave2d", nodes, extents=pair(extents), strides=pair(strides), present=present)
