"""Maps in another size, compiled: all interpolations, with and without their form kept."""

from __future__ import annotations

import numpy as np

from planish import primitives
from planish.graph.node import Node, dtype_of_numbers
from planish.primitives.resampling import taps
from planish.primitives.resize2d import INTERPOLATIONS

Size = tuple[int, int]


def resized(x: Node, size: Size, interpolation: str, antialias: bool = False) -> Node:
    """`x` (h, w, c) with `size` rows and columns, as `planish.utils.resizing.resized` has it for arrays."""
    if x.shape[:2] == size and not antialias and interpolation in ("nearest", "bilinear"):
        return x
    if interpolation in INTERPOLATIONS and (interpolation == "nearest" or not antialias):
        return primitives.resize2d(x, size, interpolation)
    rows, columns, channels = x.shape
    down, along = _shares(interpolation, antialias, rows, size[0]), _shares(interpolation, antialias, columns, size[1])
    lower = primitives.matmul(down, primitives.reshape(x, (rows, columns * channels)))
    return primitives.matmul(along, primitives.reshape(lower, (size[0], columns, channels)))


def _shares(interpolation: str, antialias: bool, old: int, new: int) -> Node:
    """[new, old]: how much of each pixel of a row or column is in each pixel of the resized one."""
    places, weights = taps(interpolation, antialias, old, new)
    shares = np.zeros((new, old), dtype_of_numbers())
    np.add.at(shares, (np.arange(new)[:, None], places), weights)
    return primitives.table(shares)


def middle(x: Node, size: Size) -> Node:
    """The largest part of the middle of a map (h, w, c) that has the form of `size`."""
    height, width = x.shape[:2]
    kept = max(1, min(height, _scaled(width, size[0], size[1]))), max(1, min(width, _scaled(height, size[1], size[0])))
    top, left = (height - kept[0]) // 2, (width - kept[1]) // 2
    return window(x, top, left, kept)


def window(x: Node, top: int, left: int, size: Size) -> Node:
    """The rows and columns of a map (h, w, c) from `top` and `left` on."""
    below, right = x.shape[0] - top - size[0], x.shape[1] - left - size[1]
    whole = (top, below, left, right) == (0, 0, 0, 0)
    return x if whole else primitives.crop2d(x, ((top, below), (left, right)))


def bordered(x: Node, size: Size, value: float) -> Node:
    """A map (h, w, c) in the middle of one that has the form of `size`."""
    height, width = x.shape[:2]
    top = (max(height, _scaled(width, size[0], size[1])) - height) // 2
    left = (max(width, _scaled(height, size[1], size[0])) - width) // 2
    return primitives.pad2d(x, ((top, top), (left, left)), value)


def _scaled(extent: int, numerator: int, denominator: int) -> int:
    return int(np.float32(extent * numerator) / np.float32(denominator))
