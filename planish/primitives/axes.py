"""Axes as operations store them: per-image axes numbered from 0."""

from __future__ import annotations

from collections.abc import Sequence

from planish.errors import explain
from planish.graph.node import Node, current_layers
from planish.graph.settings import Settings


class AxesSettings(Settings):
    axes: tuple[int, ...]


class AxisSettings(Settings):
    axis: int


def axes_of(x: Node, axes: Sequence[int]) -> tuple[int, ...]:
    """`axes` of `x` in rising order; negative ones count from the last. ValueError for one missing or named twice."""
    rank = len(x.shape)
    numbers = [int(axis) for axis in axes]
    counted = tuple(sorted(axis + rank if axis < 0 else axis for axis in numbers))
    if any(not 0 <= axis < rank for axis in counted) or len(set(counted)) != len(counted):
        raise ValueError(
            explain(
                what="These are not axes of the tensor, each named once",
                layer=", ".join(current_layers()) or None,
                expected=f"axes {-rank} to {rank - 1} of shape {x.shape}" if rank else "none: it is a single number",
                received=tuple(numbers),
            )
        )
    return counted


def axis_of(x: Node, axis: int) -> int:
    """The one axis, counted from 0."""
    return axes_of(x, [axis])[0]
