"""What is made of reductions: conditions, counts, logarithms of sums, variances, and softmax along any axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from planish.graph.node import Node
from planish.primitives.axes import axes_of
from planish.primitives.binary import add, subtract
from planish.primitives.log_softmax import log_softmax
from planish.primitives.logic import isfinite, truth
from planish.primitives.reduce import reduce_max, reduce_mean, reduce_min, reduce_sum
from planish.primitives.reshape import reshape
from planish.primitives.select import select
from planish.primitives.softmax import softmax
from planish.primitives.squared_deviation import squared_deviation
from planish.primitives.transpose import transpose
from planish.primitives.unary import exp, log, sqrt, stop_gradient


def reduce_any(x: Node, axes: Sequence[int], keepdims: bool = False) -> Node:
    """1 where a number along the axes is not 0, else 0."""
    return reduce_max(truth(x), axes, keepdims)


def reduce_all(x: Node, axes: Sequence[int], keepdims: bool = False) -> Node:
    """1 where no number along the axes is 0, else 0."""
    return reduce_min(truth(x), axes, keepdims)


def count_nonzero(x: Node, axes: Sequence[int], keepdims: bool = False) -> Node:
    """How many numbers along the axes are not 0."""
    return reduce_sum(truth(x), axes, keepdims)


def logsumexp(x: Node, axes: Sequence[int], keepdims: bool = False) -> Node:
    """log(sum(exp(x))) along the axes, without overflow on the way."""
    largest = reduce_max(x, axes, keepdims=True)
    shift = stop_gradient(select(isfinite(largest), largest, 0.0))  # the result does not depend on it
    total = reduce_sum(exp(subtract(x, shift)), axes, keepdims)
    return add(log(total), reshape(shift, total.shape))


def variance(x: Node, axes: Sequence[int], keepdims: bool = False) -> Node:
    """The mean squared distance from the mean along the axes."""
    return reduce_mean(squared_deviation(x, reduce_mean(x, axes, keepdims=True)), axes, keepdims)


def standard_deviation(x: Node, axes: Sequence[int], keepdims: bool = False) -> Node:
    """The square root of the variance."""
    return sqrt(variance(x, axes, keepdims))


def softmax_along(x: Node, axes: Sequence[int]) -> Node:
    """exp(x) / sum(exp(x)), summed along the axes together."""
    return _along(x, axes, softmax)


def log_softmax_along(x: Node, axes: Sequence[int]) -> Node:
    """x - log(sum(exp(x))), summed along the axes together."""
    return _along(x, axes, log_softmax)


def _along(x: Node, axes: Sequence[int], function: Callable[[Node], Node]) -> Node:
    """The axes are moved to the end, where they are one, and back."""
    last = axes_of(x, axes)
    order = [axis for axis in range(len(x.shape)) if axis not in last] + list(last)
    moved = transpose(x, order)
    kept = moved.shape[: len(order) - len(last)]
    result = function(reshape(moved, (*kept, math.prod(x.shape[axis] for axis in last))))
    return transpose(reshape(result, moved.shape), [order.index(axis) for axis in range(len(order))])
