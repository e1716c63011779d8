"""The sum over all images of the batch, and over axes of an image: y[...] = sum over n (and axes) of x[n, ...]."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives import linearity
from planish.primitives.axes import AxesSettings, axes_of
from planish.primitives.broadcasting import zeros_like
from planish.primitives.mistake import check_values
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region, whole
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register


def _infer(inputs: Sequence[TensorType], settings: AxesSettings) -> TensorType:
    (source,) = inputs
    check_values("a sum over the batch", source)
    if not source.batched:
        raise ValueError(f"a sum over the batch needs one tensor per image, not {source}")
    kept = tuple(extent for axis, extent in enumerate(source.shape) if axis not in settings.axes)
    return TensorType(kept, batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    total = x.sum(axis=(0, *(axis + 1 for axis in AxesSettings.of(node).axes)), dtype=np.float64)
    return np.asarray(total).astype(environment.dtype, copy=False)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.binary import add
    from planish.primitives.reshape import reshape

    # Every image gets the gradient: broadcasting against zeros of the image's own type gives it the batch axis.
    (source,) = node.inputs
    kept = tuple(1 if axis in AxesSettings.of(node).axes else extent for axis, extent in enumerate(source.shape))
    return [add(zeros_like(source), reshape(g, kept))]


def reach(node: Node, region: Region) -> Reached:
    """The elements that are summed, of every image."""
    (source,) = node.inputs
    kept = iter(region)
    yield (
        source,
        tuple(
            everything if axis in AxesSettings.of(node).axes else next(kept)
            for axis, everything in enumerate(whole(source.shape))
        ),
    )


register(
    Primitive(
        name="batch_sum",
        settings=AxesSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=reach,
        linear=linearity.in_all,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def batch_sum(x: Node, axes: Sequence[int] = ()) -> Node:
    """`x` f32[N, ...] -> the per-image shape without `axes`, for the batch as a whole."""
    return make("batch_sum", [x], AxesSettings(axes=axes_of(x, axes)))
