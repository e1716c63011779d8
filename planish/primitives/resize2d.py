"""Maps of another size, by the nearest pixel or between the four nearest, where pixels are measured at their centres.

Pixel i of `size` lies at (i + 1/2) * extent / size in a map of `extent` pixels, computed in f32 as TensorFlow does. The
gradient adds each pixel's up in the order of rows and columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register

INTERPOLATIONS = ("nearest", "bilinear")


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    (x,) = inputs
    size = attributes["size"]
    if len(x.shape) != 3 or x.dtype != "f32" or len(size) != 2 or min(size) < 1:
        raise mistake(
            "maps are resized to one row and one column or more",
            expected="f32 values (rows, columns, channels), and a size (rows, columns)",
            received=f"{x}, size {size}",
        )
    if attributes["interpolation"] not in INTERPOLATIONS:
        raise mistake(
            "there is no such interpolation",
            expected=" or ".join(map(repr, INTERPOLATIONS)),
            received=repr(attributes["interpolation"]),
        )
    return TensorType((*size, x.shape[2]), batched=x.batched)


def scale_of(extent: int, size: int) -> np.float32:
    """Pixels of the map for each pixel of the result."""
    return np.float32(extent) / np.float32(size)


def nearest(extent: int, size: int) -> Array:
    """The pixel of `extent` for each of `size` pixels."""
    centres = (np.arange(size, dtype=np.float32) + np.float32(0.5)) * scale_of(extent, size)
    found: Array = np.minimum(np.floor(centres).astype(np.int64), extent - 1)
    return found


def between(extent: int, size: int) -> tuple[Array, Array, Array]:
    """For each of `size` pixels the two of `extent` that it lies between, and the share of the second."""
    half = np.float32(0.5)
    centres = (np.arange(size, dtype=np.float32) + half) * scale_of(extent, size) - half
    below = np.floor(centres)
    first = np.maximum(below, 0).astype(np.int64)
    second = np.minimum(np.ceil(centres).astype(np.int64), extent - 1)
    return first, second, centres - below


def _weights(extent: int, size: int, interpolation: str) -> Array:
    """[size, extent]: how much of each pixel is in each pixel of the result."""
    weights = np.zeros((size, extent))
    rows = np.arange(size)
    if interpolation == "nearest":
        weights[rows, nearest(extent, size)] = 1
    else:
        first, second, share = between(extent, size)
        np.add.at(weights, (rows, first), 1 - np.float64(share))
        np.add.at(weights, (rows, second), np.float64(share))
    return weights


def _matrices(shape: Sequence[int], size: Sequence[int], interpolation: str) -> tuple[Array, Array]:
    return _weights(shape[0], size[0], interpolation), _weights(shape[1], size[1], interpolation)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    down, across = _matrices(node.inputs[0].shape, node.attributes["size"], node.attributes["interpolation"])
    y: Array = np.einsum("ij,kl,...jlc->...ikc", down, across, x).astype(x.dtype)
    return y


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    (x,) = node.inputs
    settings = {"shape": x.shape, "interpolation": node.attributes["interpolation"]}
    return [make("resize2d_grad", [g], **settings)]


def _infer_grad(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return TensorType(attributes["shape"], batched=inputs[0].batched)


def _grad_reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (g,) = arrays
    down, across = _matrices(node.shape, node.inputs[0].shape[:2], node.attributes["interpolation"])
    gradient: Array = np.einsum("ij,kl,...ikc->...jlc", down, across, g).astype(g.dtype)
    return gradient


def _grad_grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [resize2d(g, node.inputs[0].shape[:2], node.attributes["interpolation"])]


register("resize2d", _infer, _reference, _grad)
register("resize2d_grad", _infer_grad, _grad_reference, _grad_grad)


def resize2d(x: Node, size: Sequence[int], interpolation: str = "bilinear") -> Node:
    """`x` f32[N, h, w, c] -> f32[N, *size, c]; `interpolation` is "nearest" or "bilinear"."""
    extents = tuple(int(extent) for extent in size)
    return x if extents == x.shape[:2] else make("resize2d", [x], size=extents, interpolation=interpolation)
