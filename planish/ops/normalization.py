"""Values brought to a mean and a variance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planish.graph.node import Node
from planish.ops import arithmetic, elementwise, nodes, reductions
from planish.ops.dtypes import floating
from planish.ops.operation import NN, Value, operation
from planish.ops.shapes import reshape


def _along(value: Any, x: Any, axis: int) -> Any:
    """A vector along an axis of `x`, to be broadcast with it."""
    rank = nodes.rank(x) if isinstance(x, Node) else x.ndim
    behind = (1,) * (rank - 1 - axis % rank)
    return value if value is None or not behind else reshape(value, (-1, *behind))


@operation(NN, "BatchNorm")
def batch_normalization(
    x: Value,
    mean: Value,
    variance: Value,
    axis: int,
    offset: Value | None = None,
    scale: Value | None = None,
    epsilon: float = 1e-3,
) -> Any:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset, with one number of each for every entry of `axis`.

    >>> ops.batch_normalization([[1.0, 4.0]], [1.0, 2.0], [1.0, 4.0], axis=-1, epsilon=0.0).tolist()
    [[0.0, 1.0]]
    """
    factor = elementwise.rsqrt(arithmetic.add(variance, epsilon))
    if scale is not None:
        factor = arithmetic.multiply(factor, scale)
    shift = elementwise.negative(arithmetic.multiply(mean, factor))
    if offset is not None:
        shift = arithmetic.add(shift, offset)
    return arithmetic.add(arithmetic.multiply(x, _along(factor, x, axis)), _along(shift, x, axis))


def _floats(x: Any) -> Any:
    return floating(x) if isinstance(x, np.ndarray) else x


@operation(NN, "LayerNorm")
def layer_normalization(
    x: Value,
    gamma: Value | None = None,
    beta: Value | None = None,
    axis: int | Sequence[int] = -1,
    epsilon: float | None = None,
    **kwargs: Any,
) -> Any:
    """x with mean 0 and variance 1 along `axis`, times `gamma`, plus `beta`."""
    if kwargs.pop("rms_scaling", False) or kwargs:
        raise nodes.mistake("ops.layer_normalization: unknown arguments", received=", ".join(kwargs) or "rms_scaling")
    value = _floats(x)
    apart = arithmetic.subtract(value, reductions.mean(value, axis, keepdims=True))
    spread = reductions.mean(elementwise.square(apart), axis, keepdims=True)
    small = 1e-7 if epsilon is None else epsilon
    y = arithmetic.multiply(apart, elementwise.rsqrt(arithmetic.add(spread, small)))
    y = y if gamma is None else arithmetic.multiply(y, _placed(gamma, value, axis))
    return y if beta is None else arithmetic.add(y, _placed(beta, value, axis))


def _placed(weight: Any, x: Any, axis: int | Sequence[int]) -> Any:
    if isinstance(axis, int):
        return _along(weight, x, axis)
    rank = nodes.rank(x) if isinstance(x, Node) else x.ndim
    places = sorted(place % rank for place in axis)
    sizes = iter(weight.shape)
    return reshape(weight, [next(sizes) if place in places else 1 for place in range(places[0], rank)])


@operation(NN, "RMSNorm")
def rms_normalization(
    x: Value, scale: Value | None = None, axis: int | Sequence[int] = -1, epsilon: float | None = None
) -> Any:
    """x divided by the root of the mean of its squares along `axis`, times `scale`."""
    value = _floats(x)
    squares = reductions.mean(elementwise.square(value), axis, keepdims=True)
    y = arithmetic.multiply(value, elementwise.rsqrt(arithmetic.add(squares, 1e-7 if epsilon is None else epsilon)))
    return y if scale is None else arithmetic.multiply(y, scale)
