"""Maps of another size, by the nearest pixel or between the four nearest, where pixels are measured at their centres.

Pixel i of `size` lies at (i + 1/2) * extent / size in a map of `extent` pixels, computed in f32 as TensorFlow does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.mistake import mistake
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register

INTERPOLATIONS = ("nearest", "bilinear")


class Resize2DSettings(Settings):
    size: tuple[int, ...]
    interpolation: str


def _infer(inputs: Sequence[TensorType], settings: Resize2DSettings) -> TensorType:
    (x,) = inputs
    size = settings.size
    if len(x.shape) != 3 or x.dtype != "f32" or len(size) != 2 or min(size) < 1:
        raise mistake(
            "maps are resized to one row and one column or more",
            expected="f32 values (rows, columns, channels), and a size (rows, columns)",
            received=f"{x}, size {size}",
        )
    if settings.interpolation not in INTERPOLATIONS:
        raise mistake(
            "there is no such interpolation",
            expected=" or ".join(map(repr, INTERPOLATIONS)),
            received=repr(settings.interpolation),
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


def matrices(shape: Sequence[int], size: Sequence[int], interpolation: str) -> tuple[Array, Array]:
    """For rows and for columns: [pixels of the result, pixels of the map]."""
    return _weights(shape[0], size[0], interpolation), _weights(shape[1], size[1], interpolation)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = Resize2DSettings.of(node)
    down, across = matrices(node.inputs[0].shape, settings.size, settings.interpolation)
    y: Array = np.einsum("ij,kl,...jlc->...ikc", down, across, x).astype(x.dtype)
    return y


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.resize2d_grad import resize2d_grad

    return [resize2d_grad(g, node.inputs[0].shape, Resize2DSettings.of(node).interpolation)]


def _reach(node: Node, region: Region) -> Reached:
    (x,) = node.inputs
    interpolation = Resize2DSettings.of(node).interpolation
    rows, columns = (
        frozenset(pixel for place in region[axis] if 0 <= place < size for pixel in seen[place])
        for axis, (size, seen) in enumerate(
            (size, _seen(extent, size, interpolation)) for extent, size in zip(x.shape[:2], node.shape[:2], strict=True)
        )
    )
    if rows and columns:
        yield x, (rows, columns, region[2])


def _seen(extent: int, size: int, interpolation: str) -> list[set[int]]:
    """The pixels that each of `size` pixels is made from."""
    if interpolation == "nearest":
        return [{int(pixel)} for pixel in nearest(extent, size)]
    first, second, share = between(extent, size)
    return [{int(a), int(b)} if weight else {int(a)} for a, b, weight in zip(first, second, share, strict=True)]


register(
    Primitive(
        name="resize2d",
        settings=Resize2DSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=_reach,
        linear=linearity.in_all,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def resize2d(x: Node, size: Sequence[int], interpolation: str = "bilinear") -> Node:
    """`x` f32[N, h, w, c] -> f32[N, *size, c]; `interpolation` is "nearest" or "bilinear"."""
    extents = tuple(int(extent) for extent in size)
    settings = Resize2DSettings(size=extents, interpolation=interpolation)
    return x if extents == x.shape[:2] else make("resize2d", [x], settings)
