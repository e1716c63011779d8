"""The order in which the file has the axes of a value.

planish has channels last, and ONNX's convolutions and pools take channels first. What such an operator gives stays as
it is, and so does what is computed from it element by element: axes are moved only where somebody needs another order.
The batch axis is always in front, and is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """Axis i in the file is axis `order[i]` of the value. With `joined`, the value has one axis, which was made of axes
    of these extents, and it is these that were moved before they were joined: maps that were flattened channels first.
    """

    order: tuple[int, ...]
    joined: tuple[int, ...] | None = None

    @property
    def plain(self) -> bool:
        """Whether it is planish's own order."""
        return self.order == tuple(range(len(self.order)))

    def stored(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape in the file of a value of this shape."""
        return tuple(shape) if self.joined is not None else tuple(shape[axis] for axis in self.order)

    def place(self, axis: int) -> int:
        """Where the file has an axis."""
        return self.order.index(axis)

    def arranged(self, array: Array) -> Array:
        """An array of the value's shape as it is in the file."""
        if self.plain:
            return array
        if self.joined is None:
            return array.transpose(self.order)
        return array.reshape(self.joined).transpose(self.order).reshape(array.shape)


CHANNELS_FIRST = Layout((2, 0, 1))


def plain(rank: int) -> Layout:
    return Layout(tuple(range(rank)))


def without(layout: Layout, axes: Sequence[int]) -> Layout:
    """That of a value that lacks these axes."""
    kept = [axis for axis in layout.order if axis not in axes]
    return Layout(tuple(axis - sum(gone < axis for gone in axes) for axis in kept))


def permuted(layout: Layout, permutation: Sequence[int]) -> Layout:
    """That of a value whose axis i is axis `permutation[i]` of the one that is in the file."""
    return Layout(tuple(permutation.index(axis) for axis in layout.order))


def reshaped(layout: Layout, source: Sequence[int], shape: Sequence[int]) -> Layout | None:
    """That of the same elements in another shape, if the file can keep their order; None if not.

    Axes of extent one come and go; all axes may be joined into one.
    """
    if layout.plain:
        return plain(len(shape))
    if layout.joined is not None:
        return None
    wide, target = ([axis for axis, extent in enumerate(each) if extent != 1] for each in (source, shape))
    if [source[axis] for axis in wide] == [shape[axis] for axis in target]:
        renamed = dict(zip(wide, target, strict=True))
        moved = [renamed[axis] for axis in layout.order if axis in renamed]
        if len(shape) == len(CHANNELS_FIRST.order) and moved == [
            axis for axis in CHANNELS_FIRST.order if axis in moved
        ]:
            return CHANNELS_FIRST
        return Layout((*(axis for axis, extent in enumerate(shape) if extent == 1), *moved))
    if len(shape) == 1 and shape[0] == math.prod(source):
        return Layout(layout.order, tuple(source))
    return None


def is_a_view(before: Layout, after: Layout, shape: Sequence[int]) -> bool:
    """Whether a value of the shape has its elements in one sequence in both orders: only axes of extent one move."""
    if before.joined is not None or after.joined is not None:
        return before == after
    return [a for a in before.order if shape[a] != 1] == [a for a in after.order if shape[a] != 1]


def full_rank(array: Array, rank: int) -> Array:
    """With axes of extent one in front, as broadcasting has it."""
    return array.reshape((1,) * (rank - array.ndim) + array.shape)


def trimmed(array: Array) -> Array:
    """Without axes of extent one in front."""
    while array.ndim and array.shape[0] == 1:
        array = array[0]
    return np.asarray(array)
