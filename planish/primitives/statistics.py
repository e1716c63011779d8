"""What is made of reductions: conditions, counts, logarithms of sums, variances, and softmax along any axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from planish.graph.node import Node
from planish.primitives.axes import axes_of
from planish.primitives.binary import add, divide, equal, greater, multiply, subtract
from planish.primitives.log_softmax import log_softmax
from planish.primitives.logic import isfinite, truth
from planish.primitives.reduce import reduce_max, reduce_mean, reduce_min, reduce_sum
from planish.primitives.reshape import reshape
from planish.primitives.scan import cumsum
from planish.primitives.select import select
from planish.primitives.softmax import softmax
from planish.primitives.sort_places import sort
from planish.primitives.squared_deviation import squared_deviation
from planish.primitives.table import table
from planish.primitives.transpose import transpose
from planish.primitives.unary import exp, log, negative, relu, sqrt, stop_gradient


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


def sparsemax_along(x: Node, axis: int) -> Node:
    """The point nearest to x whose numbers along the axis are 0 or more and have the sum 1: max(x - limit, 0).

    Martins and Astudillo, "From softmax to sparsemax" (2016). With `k` numbers above the limit, it is (their sum - 1)
    / k; which they are is found from the sorted numbers, and their gradient is that of this mean.
    """
    below = subtract(x, stop_gradient(reduce_max(x, [axis], keepdims=True)))  # 0 at the most: the result is the same
    limit = stop_gradient(_limit(sort_falling(below, axis), axis))
    above = greater(below, limit)
    total = reduce_sum(select(above, below, 0.0), [axis], keepdims=True)
    mean = divide(subtract(total, 1.0), reduce_sum(above, [axis], keepdims=True))
    return relu(subtract(below, mean))


def sort_falling(x: Node, axis: int) -> Node:
    """The numbers along a per-image axis in falling order."""
    return negative(sort(negative(x), axis))


def _limit(falling: Node, axis: int) -> Node:
    """(sum of the first k - 1) / k for the largest k at which the k-th number is above it."""
    sums = subtract(cumsum(falling, axis), 1.0)
    extents = [extent if place == axis else 1 for place, extent in enumerate(falling.shape)]
    counts = table(np.arange(1, falling.shape[axis] + 1, dtype=np.float32).reshape(extents))
    count = reduce_sum(greater(multiply(falling, counts), sums), [axis], keepdims=True)
    last = select(equal(counts, count), sums, 0.0)
    return divide(reduce_sum(last, [axis], keepdims=True), count)


def _along(x: Node, axes: Sequence[int], function: Callable[[Node], Node]) -> Node:
    """The axes are moved to the end, where they are one, and back."""
    last = axes_of(x, axes)
    if last == (len(x.shape) - 1,):
        return function(x)
    order = [axis for axis in range(len(x.shape)) if axis not in last] + list(last)
    moved = transpose(x, order)
    kept = moved.shape[: len(order) - len(last)]
    result = function(reshape(moved, (*kept, math.prod(x.shape[axis] for axis in last))))
    return transpose(reshape(result, moved.shape), [order.index(axis) for axis in range(len(order))])
