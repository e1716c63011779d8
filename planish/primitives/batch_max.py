"""The maximum over all images of the batch, and over axes of an image: y[...] = max over n (and axes) of x[n, ...]."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives.axes import AxesSettings, axes_of
from planish.primitives.batch_sum import batch_sum, reach
from planish.primitives.binary import divide, equal
from planish.primitives.mistake import check_values, mistake
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, make, register
from planish.primitives.reshape import reshape
from planish.primitives.select import select
from planish.primitives.unary import negative


def _infer(inputs: Sequence[TensorType], settings: AxesSettings) -> TensorType:
    (source,) = inputs
    check_values("a maximum over the batch", source)
    if not source.batched:
        raise mistake("a maximum over the batch needs one tensor per image", received=source)
    kept = tuple(extent for axis, extent in enumerate(source.shape) if axis not in settings.axes)
    return TensorType(kept, batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    return np.asarray(x.max(axis=(0, *(axis + 1 for axis in AxesSettings.of(node).axes))))


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    """Equal maxima share the gradient."""
    (x,), axes = node.inputs, AxesSettings.of(node).axes
    kept = tuple(1 if axis in axes else extent for axis, extent in enumerate(x.shape))
    chosen = equal(x, reshape(node, kept))
    return [select(chosen, reshape(divide(g, batch_sum(chosen, axes)), kept), 0.0)]


register(
    Primitive(
        name="batch_max",
        settings=AxesSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=reach,
        linear=NOT_LINEAR,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def batch_max(x: Node, axes: Sequence[int] = ()) -> Node:
    """`x` f32[N, ...] -> the per-image shape without `axes`, for the batch as a whole; NaN if any number is."""
    return make("batch_max", [x], AxesSettings(axes=axes_of(x, axes)))


def batch_min(x: Node, axes: Sequence[int] = ()) -> Node:
    """As `batch_max`: the smallest numbers."""
    return negative(batch_max(negative(x), axes))
