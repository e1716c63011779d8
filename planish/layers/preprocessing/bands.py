"""Rectangles in images, as rows and columns that lie next to each other."""

from __future__ import annotations

import numpy as np

from planish import primitives
from planish.graph.node import Node


def box(shares: tuple[Node, Node], starts: tuple[Node, Node], shape: tuple[int, ...]) -> Node:
    """Which pixels of maps (height, width, channels) are in a rectangle, of the shape (height, width, 1).

    `shares`: how much of the height and of the width it takes. `starts`: numbers in [0, 1) that say where it begins.
    """
    rows, columns = (
        _band(share, start, extent) for share, start, extent in zip(shares, starts, shape[:2], strict=True)
    )
    inside = primitives.logical_and(primitives.reshape(rows, (shape[0], 1)), columns)
    return primitives.reshape(inside, (*shape[:2], 1))


def _band(share: Node, start: Node, extent: int) -> Node:
    """Which of `extent` rows or columns are in the rectangle."""
    length = primitives.multiply(share, float(extent))
    first = primitives.multiply(start, primitives.subtract(float(extent), length))
    places = primitives.table(np.arange(extent, dtype=np.float32))
    behind = primitives.greater_equal(places, first)
    return primitives.logical_and(behind, primitives.less(places, primitives.add(first, length)))
