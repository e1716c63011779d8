"""Sums, means, maxima and the like, along axes that are counted with the batch axis.

Along the batch axis, nodes have sums and what is made of sums; the other reductions are those of each image.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.ops import arithmetic, elementwise, nodes
from planish.ops.dtypes import Array, as_array, dtype_named, floating, sum_type
from planish.ops.operation import LINALG, MATH, NN, NUMPY, Value, operation

Axis = int | Sequence[int] | None


def _places(axis: Axis) -> Any:
    """As NumPy takes it: lists of axes are tuples there."""
    return tuple(axis) if isinstance(axis, list) else axis


def _kept(node: Node, whole: Node, axes: Sequence[int]) -> Node:
    """A value of the whole batch, with axes of extent 1 for those that are gone."""
    return primitives.reshape(whole, (1, *(1 if place in axes else size for place, size in enumerate(node.shape))))


def _reduction(
    name: str, of_images: Callable[..., Node], of_batch: Callable[[Node, Sequence[int]], Node] | None
) -> Callable[..., Node]:
    """What a reduction makes of nodes, along axes of an image, or of the batch as well."""

    def of_nodes(x: Any, axis: Axis = None, keepdims: bool = False) -> Node:
        node = nodes.node_of(x)
        over_batch, axes = nodes.reduced_axes(node, axis, name)
        if not over_batch:
            return of_images(node, axes, keepdims) if axes else node
        if of_batch is None:
            raise nodes.batch_axis(name, node)
        whole = of_batch(node, axes)
        return _kept(node, whole, axes) if keepdims else whole

    return of_nodes


def _batch_mean(node: Node, axes: Sequence[int]) -> Node:
    count = math.prod(node.shape[place] for place in axes)
    images = primitives.multiply(primitives.batch_size(), float(count))
    return primitives.divide(primitives.batch_sum(node, axes), images)


def _batch_variance(node: Node, axes: Sequence[int]) -> Node:
    mean = primitives.reshape(_batch_mean(node, axes), _kept_shape(node, axes))
    return _batch_mean(primitives.square(primitives.subtract(node, mean)), axes)


def _kept_shape(node: Node, axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(1 if place in axes else size for place, size in enumerate(node.shape))


_sum_of_nodes = _reduction("sum", primitives.reduce_sum, primitives.batch_sum)
_mean_of_nodes = _reduction("mean", primitives.reduce_mean, _batch_mean)
_var_of_nodes = _reduction("var", primitives.variance, _batch_variance)
_largest = _reduction("max", primitives.reduce_max, primitives.batch_max)
_smallest = _reduction("min", primitives.reduce_min, primitives.batch_min)
_prod_of_images = _reduction("prod", primitives.reduce_prod, None)


def _max_of_nodes(x: Any, axis: Axis = None, keepdims: bool = False, initial: float | None = None) -> Node:
    found = _largest(x, axis, keepdims)
    return found if initial is None else primitives.maximum(found, initial)


def _min_of_nodes(x: Any, axis: Axis = None, keepdims: bool = False, initial: float | None = None) -> Node:
    found = _smallest(x, axis, keepdims)
    return found if initial is None else primitives.minimum(found, initial)


def _prod_of_nodes(x: Any, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Node:
    return _prod_of_images(x, axis, keepdims)


def _truth(x: Any) -> Node:
    return primitives.truth(nodes.node_of(x))


@operation(NUMPY, nodes=_sum_of_nodes)
def sum(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The sum along `axis` (one, several, or None for all); small integers are added up in 32 bits."""
    return np.sum(x, axis=_places(axis), keepdims=keepdims, dtype=sum_type(x.dtype))


@operation(NUMPY, nodes=_mean_of_nodes)
def mean(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean along `axis`; of integers, a float."""
    return np.mean(floating(x), axis=_places(axis), keepdims=keepdims)


@operation(NUMPY, nodes=_max_of_nodes)
def max(x: Value, axis: Axis = None, keepdims: bool = False, initial: float | None = None) -> Any:
    """The largest value along `axis`, and at least `initial`."""
    found = np.max(x, axis=_places(axis), keepdims=keepdims)
    return found if initial is None else np.maximum(found, np.asarray(initial, x.dtype))


@operation(NUMPY, nodes=_min_of_nodes)
def min(x: Value, axis: Axis = None, keepdims: bool = False, initial: float | None = None) -> Any:
    """The smallest value along `axis`, and at most `initial`."""
    found = np.min(x, axis=_places(axis), keepdims=keepdims)
    return found if initial is None else np.minimum(found, np.asarray(initial, x.dtype))


@operation(NUMPY, nodes=_max_of_nodes)
def amax(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest value along `axis`."""
    return np.max(x, axis=_places(axis), keepdims=keepdims)


@operation(NUMPY, nodes=_min_of_nodes)
def amin(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The smallest value along `axis`."""
    return np.min(x, axis=_places(axis), keepdims=keepdims)


@operation(NUMPY)
def ptp(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The largest value along `axis` less the smallest."""
    return arithmetic.subtract(max(x, axis, keepdims), min(x, axis, keepdims))


@operation(NUMPY, nodes=_prod_of_nodes)
def prod(x: Value, axis: Axis = None, keepdims: bool = False, dtype: Any = None) -> Any:
    """The product along `axis`, computed in `dtype` if one is given."""
    type_ = sum_type(x.dtype) if dtype is None else dtype_named(dtype)
    return np.prod(x, axis=_places(axis), keepdims=keepdims, dtype=type_)


@operation(NUMPY, nodes=_var_of_nodes)
def var(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean of the squares of what x differs from its mean by, along `axis`."""
    return np.var(floating(x), axis=_places(axis), keepdims=keepdims)


@operation(NUMPY)
def std(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The square root of the variance along `axis`."""
    return elementwise.sqrt(var(x, axis, keepdims))


@operation(NUMPY, nodes=lambda x, axis=None, keepdims=False: _largest(_truth(x), axis, keepdims))
def any(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether there is anything but 0 along `axis`."""
    return np.any(x, axis=_places(axis), keepdims=keepdims)


@operation(NUMPY, nodes=lambda x, axis=None, keepdims=False: _smallest(_truth(x), axis, keepdims))
def all(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """Whether there is no 0 along `axis`."""
    return np.all(x, axis=_places(axis), keepdims=keepdims)


@operation(NUMPY, nodes=lambda x, axis=None: _sum_of_nodes(_truth(x), axis))
def count_nonzero(x: Value, axis: Axis = None) -> Any:
    """How many values along `axis` are not 0."""
    return np.asarray(np.count_nonzero(x, axis=_places(axis)), np.int32)


def _average_of_nodes(x: Any, axis: Axis = None, weights: Any = None) -> Any:
    if weights is None:
        return _mean_of_nodes(x, axis)
    if not isinstance(weights, Node) and np.ndim(weights) == 1 and nodes.rank(nodes.node_of(x)) > 1:
        if not isinstance(axis, int):
            raise nodes.mistake("ops.average: weights of one axis are those of one axis", received=f"axis={axis}")
        place = nodes.image_axis(nodes.node_of(x), axis, "average")
        behind = len(nodes.node_of(x).shape) - 1 - place
        weights = np.reshape(as_array(weights), (-1, *(1,) * behind))
    value, factor = nodes.together(x, weights)
    spread = primitives.add(factor, primitives.multiply(value, 0.0))
    return primitives.divide(_sum_of_nodes(primitives.multiply(value, factor), axis), _sum_of_nodes(spread, axis))


@operation(NUMPY, nodes=_average_of_nodes)
def average(x: Value, axis: Axis = None, weights: Value | None = None) -> Any:
    """The mean along `axis`, in which each value counts as much as its weight."""
    value = floating(x)
    return np.average(value, axis=_places(axis), weights=weights).astype(value.dtype)


def _logsumexp_of_nodes(x: Any, axis: Axis = None, keepdims: bool = False) -> Node:
    node = nodes.node_of(x)
    over_batch, axes = nodes.reduced_axes(node, axis, "logsumexp")
    if over_batch:
        raise nodes.batch_axis("logsumexp", node)
    return primitives.logsumexp(node, axes, keepdims)


@operation(MATH, nodes=_logsumexp_of_nodes)
def logsumexp(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """log(sum(exp(x))) along `axis`, safe for large values."""
    value = floating(x)
    largest = np.max(value, axis=_places(axis), keepdims=True)
    shift = np.where(np.isfinite(largest), largest, 0)
    total = np.log(np.sum(np.exp(value - shift), axis=_places(axis), keepdims=True)) + shift
    return total if keepdims else np.squeeze(total, axis=_places(axis))


@operation(NN)
def moments(x: Value, axes: Axis, keepdims: bool = False, synchronized: bool = False) -> Any:
    """The mean and the variance along `axes`; `synchronized` has no effect, there being one machine.

    >>> [each.tolist() for each in ops.moments([[1.0, 3.0], [5.0, 9.0]], axes=[1])]
    [[2.0, 7.0], [1.0, 4.0]]
    """
    return mean(x, axes, keepdims), var(x, axes, keepdims)


@operation(LINALG)
def norm(x: Value, ord: Any = None, axis: Axis = None, keepdims: bool = False) -> Any:
    """The length of vectors along `axis` (None: of all numbers), or of matrices along two axes on arrays.

    `ord` is 2 (None), 1, infinity, minus infinity, 0 or another power.

    >>> ops.norm([[3.0, 4.0]], axis=-1).tolist()
    [5.0]
    >>> float(ops.norm([3.0, -4.0], ord=1))
    7.0
    """
    if isinstance(x, np.ndarray):
        return np.linalg.norm(floating(x), ord=ord, axis=_places(axis), keepdims=keepdims)
    if ord not in (None, 1, 2, math.inf, "euclidean") or (ord is not None and not isinstance(axis, int)):
        raise nodes.mistake(
            "ops.norm of this order cannot be compiled",
            expected="ord=None, or ord=1, 2 or infinity along one axis",
            received=f"ord={ord!r}, axis={axis!r}",
        )
    if ord == 1:
        return sum(elementwise.absolute(x), axis, keepdims)
    if ord == math.inf:
        return max(elementwise.absolute(x), axis, keepdims)
    return elementwise.sqrt(sum(elementwise.square(x), axis, keepdims))


_SORTS = "planish has no code that sorts"


def _ignoring(name: str, meaning: Callable[..., Any], text: str) -> Callable[..., Any]:
    """Of arrays only: what NumPy does without the values that are not numbers."""

    def function(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
        return np.asarray(meaning(x, axis=_places(axis), keepdims=keepdims))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return operation(NUMPY, eager="ops.where(ops.isnan(x), 0.0, x) takes NaN out of a value first")(function)


def _nan_sum(x: Array, **settings: Any) -> Any:
    return np.nansum(x, dtype=sum_type(x.dtype), **settings)


nansum = _ignoring("nansum", _nan_sum, "The sum along `axis` of the values that are numbers.")
nanmean = _ignoring(
    "nanmean",
    lambda x, **settings: np.nanmean(floating(x), **settings),
    "The mean along `axis` of the values that are numbers.",
)
nanmax = _ignoring("nanmax", np.nanmax, "The largest number along `axis`.")
nanmin = _ignoring("nanmin", np.nanmin, "The smallest number along `axis`.")


@operation(NUMPY, eager=_SORTS)
def median(x: Value, axis: Axis = None, keepdims: bool = False) -> Any:
    """The value in the middle along `axis`; the mean of the two in the middle of an even number."""
    return np.median(floating(x), axis=_places(axis), keepdims=keepdims).astype(floating(x).dtype)


@operation(NUMPY, eager=_SORTS)
def quantile(x: Value, q: Value, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    """The values below which fractions `q` (0 to 1) lie along `axis`."""
    value = floating(x)
    found: Any = np.quantile(value, q, axis=_places(axis), method=method, keepdims=keepdims)  # type: ignore[call-overload]
    return found.astype(value.dtype)


@operation(NUMPY, eager=_SORTS)
def percentile(x: Value, q: Value, axis: Axis = None, method: str = "linear", keepdims: bool = False) -> Any:
    """The values below which `q` percent lie along `axis`."""
    return quantile(x, arithmetic.divide(q, 100), axis, method, keepdims)
