"""Positions and order: largest, sorted, counted, summed up along the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.ops import arithmetic, nodes
from planish.ops.dtypes import Array, dtype_named, result_type
from planish.ops.operation import MATH, NUMPY, Value, operation
from planish.ops.reductions import sum
from planish.ops.shapes import expand_dims, ravel

_SEARCHES = "planish has no code that searches"
_COUNTS = "planish has no code that counts values"


def _place_of(name: str, primitive: Callable[..., Node]) -> Callable[..., Node]:
    def of_nodes(x: Any, axis: int | None = None, keepdims: bool = False) -> Node:
        node = nodes.node_of(x)
        if axis is not None:
            return primitive(node, nodes.image_axis(node, axis, name), keepdims)
        place = primitive(ravel(node), 0)
        return primitives.reshape(place, (1,) * len(node.shape)) if keepdims else place

    return of_nodes


@operation(NUMPY, nodes=_place_of("argmax", primitives.argmax))
def argmax(x: Value, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the largest value along `axis`, the first of equal ones; None: among all elements."""
    return np.argmax(x, axis=axis, keepdims=keepdims).astype(np.int32)


@operation(NUMPY, nodes=_place_of("argmin", primitives.argmin))
def argmin(x: Value, axis: int | None = None, keepdims: bool = False) -> Any:
    """The position of the smallest value along `axis`, the first of equal ones; None: among all elements."""
    return np.argmin(x, axis=axis, keepdims=keepdims).astype(np.int32)


def _sorting(name: str, primitive: Callable[..., Node]) -> Callable[..., Node]:
    def of_nodes(x: Any, axis: int = -1) -> Node:
        node = nodes.node_of(x)
        return primitive(node, nodes.image_axis(node, axis, name))

    return of_nodes


@operation(NUMPY, nodes=_sorting("sort", primitives.sort))
def sort(x: Value, axis: int = -1) -> Any:
    """The values along `axis` from the smallest to the largest."""
    return np.sort(x, axis)


@operation(NUMPY, nodes=_sorting("argsort", primitives.argsort))
def argsort(x: Value, axis: int = -1) -> Any:
    """The positions of the values along `axis`, from the smallest to the largest; equal ones keep their order."""
    return np.argsort(x, axis, kind="stable").astype(np.int32)


@operation(NUMPY, eager=_SEARCHES)
def argpartition(x: Value, kth: int, axis: int = -1) -> Any:
    """The positions of the values along `axis`, of which the first `kth` are the smallest.

    >>> sorted(ops.argpartition([5.0, 1.0, 4.0, 2.0], 2)[:2].tolist())
    [1, 3]
    """
    return np.argpartition(x, kth, axis).astype(np.int32)


def _top_k_of_nodes(x: Any, k: int, sorted: bool = True) -> tuple[Node, Node]:
    node = nodes.node_of(x)
    nodes.image_axis(node, -1, "top_k")
    _check_count(k, node.shape[-1])
    return primitives.top_k(node, k)


def _check_count(k: int, extent: int) -> None:
    if not 0 < k <= extent:
        raise nodes.mistake("ops.top_k: there are not so many values", expected=f"1 to {extent}", received=f"k={k}")


@operation(MATH, nodes=_top_k_of_nodes)
def top_k(x: Value, k: int, sorted: bool = True) -> Any:
    """The `k` largest values along the last axis and their positions, the largest first.

    >>> values, places = ops.top_k([[1.0, 9.0, 5.0]], 2)
    >>> values.tolist(), places.tolist()
    ([[9.0, 5.0]], [[1, 2]])
    """
    _check_count(k, x.shape[-1])
    places = np.argsort(-x if x.dtype.kind == "f" else x.max() - x, axis=-1, kind="stable")[..., :k]
    return np.take_along_axis(x, places, -1), places.astype(np.int32)


@operation(MATH)
def in_top_k(targets: Value, predictions: Value, k: int) -> Any:
    """Whether the prediction of each image's class is among its `k` largest; `predictions` are [n, classes].

    >>> ops.in_top_k([0, 1], [[0.2, 0.5, 0.3], [0.2, 0.5, 0.3]], 2).tolist()
    [False, True]
    """
    if isinstance(predictions, np.ndarray):
        own = np.take_along_axis(predictions, targets[:, None].astype(np.int64), 1)
    else:
        hot = primitives.one_hot(nodes.node_of(targets), predictions.shape[-1])
        own = expand_dims(sum(arithmetic.multiply(hot, predictions), -1), -1)
    larger = sum(arithmetic.greater(predictions, own), -1)
    return arithmetic.less(larger, k)


@operation(NUMPY, "SearchSorted", eager=_SEARCHES)
def searchsorted(sorted_sequence: Value, values: Value, side: str = "left") -> Any:
    """Where `values` would have to be inserted into a sorted vector.

    >>> ops.searchsorted([1.0, 3.0, 5.0], [3.0, 4.0]).tolist()
    [1, 2]
    >>> ops.searchsorted([1.0, 3.0, 5.0], [3.0, 4.0], side="right").tolist()
    [2, 2]
    """
    return np.searchsorted(sorted_sequence, values, side).astype(np.int32)  # type: ignore[call-overload]


@operation(NUMPY)
def digitize(x: Value, bins: Value) -> Any:
    """How many of the rising bounds `bins` are not above each value: the number of its bin.

    >>> ops.digitize([0.5, 1.0, 9.0], [1.0, 2.0]).tolist()
    [0, 1, 2]
    """
    if isinstance(x, np.ndarray):
        return np.digitize(x, bins).astype(np.int32)
    return sum(arithmetic.greater_equal(expand_dims(x, -1), bins), -1)


@operation(NUMPY, eager=_COUNTS, settings="weights minlength sparse")
def bincount(x: Value, weights: Value | None = None, minlength: int = 0, sparse: bool = False) -> Any:
    """How often each whole number from 0 on is in x (a vector, or the rows of a matrix), or the sum of its weights.

    >>> ops.bincount([1, 1, 3]).tolist()
    [0, 2, 0, 1]
    >>> ops.bincount([1, 1, 3], weights=[0.5, 0.5, 2.0]).tolist()
    [0.0, 1.0, 0.0, 2.0]
    """
    length = max(int(minlength), int(x.max(initial=-1)) + 1)
    type_ = np.dtype(np.int32) if weights is None else result_type(weights.dtype, np.dtype(np.int32))
    rows = x.reshape(-1, x.shape[-1])
    shares = [None] * len(rows) if weights is None else weights.reshape(rows.shape)
    counted = [np.bincount(row, share, length) for row, share in zip(rows, shares, strict=True)]
    return np.asarray(counted, type_).reshape(*x.shape[:-1], length)


@operation(NUMPY, eager="how many there are is only known when the model runs")
def nonzero(x: Value) -> Any:
    """The positions of what is not 0: one array for each axis."""
    return tuple(place.astype(np.int32) for place in np.nonzero(x))


def _scan(name: str, primitive: Callable[..., Node]) -> Callable[..., Node]:
    def of_nodes(x: Any, axis: int | None = None, dtype: Any = None) -> Node:
        node = nodes.node_of(x)
        if axis is None:
            node, axis = ravel(node), -1
        return primitive(node, nodes.image_axis(node, axis, name))

    return of_nodes


def _running(meaning: Any, x: Array, axis: int | None, dtype: Any) -> Any:
    type_ = dtype_named(dtype) if dtype is not None else np.dtype(np.int32) if x.dtype == bool else x.dtype
    return meaning(x, axis=axis, dtype=type_)


@operation(NUMPY, nodes=_scan("cumsum", primitives.cumsum))
def cumsum(x: Value, axis: int | None = None, dtype: Any = None) -> Any:
    """The sums of each value and all before it along `axis`, or of all elements in order."""
    return _running(np.cumsum, x, axis, dtype)


@operation(NUMPY, nodes=_scan("cumprod", primitives.cumprod))
def cumprod(x: Value, axis: int | None = None, dtype: Any = None) -> Any:
    """The products of each value and all before it along `axis`, or of all elements in order."""
    return _running(np.cumprod, x, axis, dtype)


def _diff_of_nodes(a: Any, n: int = 1, axis: int = -1) -> Node:
    node = nodes.node_of(a)
    place = nodes.image_axis(node, axis, "diff")
    for _ in range(n):
        extent = node.shape[place]
        later = primitives.slice_axis(node, place, 1, extent)
        node = primitives.subtract(later, primitives.slice_axis(node, place, 0, extent - 1))
    return node


@operation(NUMPY, nodes=_diff_of_nodes)
def diff(a: Value, n: int = 1, axis: int = -1) -> Any:
    """Each value along `axis` less the one before it, `n` times over."""
    return np.diff(a, n, axis)
