"""Maps of another size: by the nearest pixel, between the four nearest, or by weights for more of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType, type_of_numbers
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.mistake import mistake
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register
from planish.primitives.resampling import EXACT, nearest, neighbours, taps

INTERPOLATIONS = ("nearest", "bilinear", *EXACT)


class Resize2DSettings(Settings):
    size: tuple[int, ...]
    interpolation: str


def _infer(inputs: Sequence[TensorType], settings: Resize2DSettings) -> TensorType:
    (x,) = inputs
    size = settings.size
    if len(x.shape) != 3 or x.dtype != type_of_numbers() or len(size) != 2 or min(size) < 1:
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


def _weights(extent: int, size: int, interpolation: str) -> Array:
    """[size, extent]: how much of each pixel is in each pixel of the result."""
    weights = np.zeros((size, extent))
    rows = np.arange(size)
    if interpolation == "nearest" or extent == size:
        weights[rows, nearest(extent, size)] = 1
    elif interpolation == "bilinear":
        first, second, share = neighbours(extent, size)
        np.add.at(weights, (rows, first), 1 - np.float64(share))
        np.add.at(weights, (rows, second), np.float64(share))
    else:
        places, shares = taps(interpolation, False, extent, size)
        np.add.at(weights, (rows[:, None], places), np.float64(shares))
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
    return [{*map(int, np.flatnonzero(weights))} for weights in _weights(extent, size, interpolation)]


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
    """`x` f32[N, h, w, c] -> f32[N, *size, c], by one of the `INTERPOLATIONS`. Where they weigh several pixels, rows
    and columns are computed one after the other."""
    rows, columns = x.shape[:2]
    extents = tuple(int(extent) for extent in size)
    if interpolation in EXACT and len(extents) == 2 and extents[0] != rows and extents[1] != columns:
        return resize2d(resize2d(x, (extents[0], columns), interpolation), extents, interpolation)
    settings = Resize2DSettings(size=extents, interpolation=interpolation)
    return x if extents == (rows, columns) else make("resize2d", [x], settings)
