"""Sum, mean, product, maximum and minimum along per-image axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives import linearity
from planish.primitives.axes import AxesSettings, axes_of
from planish.primitives.mistake import check_values
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region, whole
from planish.primitives.registry import (
    NO_PRODUCTS,
    NOT_LINEAR,
    Array,
    Environment,
    Gradient,
    Linear,
    Primitive,
    Without,
    make,
    register,
)


class ReduceSettings(AxesSettings):
    keepdims: bool


def _infer(inputs: Sequence[TensorType], settings: ReduceSettings) -> TensorType:
    (source,) = inputs
    check_values("a reduction", source)
    axes = settings.axes
    kept = [
        1 if axis in axes else extent
        for axis, extent in enumerate(source.shape)
        if settings.keepdims or axis not in axes
    ]
    return TensorType(tuple(kept), batched=source.batched)


def _define(name: str, meaning: Callable[..., Array], grad: Gradient, linear: Linear | Without, **options: Any) -> None:
    def reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
        (x,) = arrays
        settings = ReduceSettings.of(node)
        axes = tuple(axis + node.batched for axis in settings.axes)
        reduced = meaning(x, axis=axes, keepdims=settings.keepdims, **options)
        return np.asarray(reduced).astype(environment.dtype, copy=False)

    register(
        Primitive(
            name=name,
            settings=ReduceSettings,
            infer=_infer,
            reference=reference,
            gradient=grad,
            reach=reach,
            linear=linear,
            tail=False,
            monotone=False,
            elementwise=False,
            multiply_adds=NO_PRODUCTS,
        )
    )


def _repeated(node: Node, value: Node) -> Node:
    """A value of the result's shape, in the shape of the operand."""
    from planish.primitives.broadcast_to import broadcast_to
    from planish.primitives.reshape import reshape

    source, axes = node.inputs[0], ReduceSettings.of(node).axes
    kept = tuple(1 if axis in axes else extent for axis, extent in enumerate(source.shape))
    return broadcast_to(value if value.shape == kept else reshape(value, kept), source.shape)


def _sum_grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [_repeated(node, g)]


def _mean_grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.binary import multiply

    return [_repeated(node, multiply(g, 1 / reduced_size(node)))]


def _extreme_grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.binary import divide, equal
    from planish.primitives.select import select

    # Equal maxima, or minima, share the gradient, as in JAX.
    chosen = equal(node.inputs[0], _repeated(node, node))
    settings = ReduceSettings.of(node)
    count = reduce_sum(chosen, settings.axes, settings.keepdims)
    return [select(chosen, _repeated(node, divide(g, count)), 0.0)]


def _prod_grad(node: Node, g: Node) -> Sequence[Node | None]:
    """The product of all others: of those that are not zero, unless another one is zero."""
    from planish.primitives.binary import divide, equal, multiply, subtract
    from planish.primitives.select import select

    (x,), settings = node.inputs, ReduceSettings.of(node)
    axes, keepdims = settings.axes, settings.keepdims
    zero = equal(x, 0.0)
    others = select(zero, 1.0, x)
    zeros = subtract(_repeated(node, reduce_sum(zero, axes, keepdims)), zero)
    product = divide(_repeated(node, multiply(g, reduce_prod(others, axes, keepdims))), others)
    return [select(zeros, 0.0, product)]


def reduced_size(node: Node) -> int:
    """How many elements each element of the result is computed from."""
    return math.prod(node.inputs[0].shape[axis] for axis in ReduceSettings.of(node).axes)


def reach(node: Node, region: Region) -> Reached:
    (source,) = node.inputs
    settings = ReduceSettings.of(node)
    kept = iter(region)
    reached = []
    for axis, everything in enumerate(whole(source.shape)):
        if axis not in settings.axes:
            reached.append(next(kept))
        else:
            reached.append(everything)
            if settings.keepdims:
                next(kept)
    yield source, tuple(reached)


# In float32, a sum over rows adds one after the other.
_define("reduce_sum", np.sum, _sum_grad, linearity.in_all, dtype=np.float64)
_define("reduce_mean", np.mean, _mean_grad, linearity.in_all, dtype=np.float64)
_define("reduce_max", np.max, _extreme_grad, NOT_LINEAR)
_define("reduce_min", np.min, _extreme_grad, NOT_LINEAR)
_define("reduce_prod", np.prod, _prod_grad, NOT_LINEAR, dtype=np.float64)


def _make(name: str, x: Node, axes: Sequence[int], keepdims: bool) -> Node:
    return make(name, [x], ReduceSettings(axes=axes_of(x, axes), keepdims=bool(keepdims)))


def reduce_sum(x: Node, axes: Sequence[int], keepdims: bool = False) -> Node:
    """The sum along per-image axes."""
    return _make("reduce_sum", x, axes, keepdims)


def reduce_mean(x: Node, axes: Sequence[int], keepdims: bool = False) -> Node:
    """The mean along per-image axes."""
    return _make("reduce_mean", x, axes, keepdims)


def reduce_max(x: Node, axes: Sequence[int], keepdims: bool = False) -> Node:
    """The maximum along per-image axes."""
    return _make("reduce_max", x, axes, keepdims)


def reduce_min(x: Node, axes: Sequence[int], keepdims: bool = False) -> Node:
    """The minimum along per-image axes."""
    return _make("reduce_min", x, axes, keepdims)


def reduce_prod(x: Node, axes: Sequence[int], keepdims: bool = False) -> Node:
    """The product along per-image axes."""
    return _make("reduce_prod", x, axes, keepdims)
