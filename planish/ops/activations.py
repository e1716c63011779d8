"""Activation functions. The definitions hold for arrays and nodes: they are made of other operations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.ops import arithmetic, elementwise, nodes
from planish.ops.dtypes import Array, floating
from planish.ops.joining import split
from planish.ops.operation import NN, Value, operation
from planish.primitives import meanings

# Klambauer et al., "Self-normalizing neural networks" (2017).
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


def _floats(x: Any) -> Any:
    """Integers as floats; nodes are floats already."""
    return floating(x) if isinstance(x, np.ndarray) else x


def _where(condition: Any, a: Any, b: Any) -> Any:
    return arithmetic.where(condition, a, b)


def _places(axis: Any) -> Any:
    return tuple(axis) if isinstance(axis, list) else axis


def _relu(x: Array) -> Array:
    found: Array = np.maximum(x, np.asarray(0, x.dtype))
    return found


@operation(NN, nodes=lambda x: primitives.relu(nodes.node_of(x)))
def relu(x: Value) -> Any:
    """max(x, 0)."""
    return _relu(x)


@operation(NN)
def relu6(x: Value) -> Any:
    """min(max(x, 0), 6).

    >>> print(np.round(ops.relu6(np.array([-1.0, 0.0, 2.0])), 4))
    [0. 0. 2.]
    """
    return arithmetic.minimum(relu(x), 6)


@operation(NN, nodes=lambda x, negative_slope=0.2: primitives.leaky_relu(nodes.node_of(x), negative_slope))
def leaky_relu(x: Value, negative_slope: float = 0.2) -> Any:
    """x where x >= 0, negative_slope * x elsewhere.

    >>> print(np.round(ops.leaky_relu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.2  0.   2. ]
    """
    return meanings.leaky_relu(floating(x), negative_slope)


@operation(NN, nodes=lambda x: primitives.sigmoid(nodes.node_of(x)))
def sigmoid(x: Value) -> Any:
    """1 / (1 + exp(-x)).

    >>> print(np.round(ops.sigmoid(np.array([-1.0, 0.0, 2.0])), 4))
    [0.2689 0.5    0.8808]
    """
    value = floating(x)
    return meanings.sigmoid(value).astype(value.dtype)


@operation(NN, nodes=lambda x: primitives.softplus(nodes.node_of(x)))
def softplus(x: Value) -> Any:
    """log(exp(x) + 1).

    >>> print(np.round(ops.softplus(np.array([-1.0, 0.0, 2.0])), 4))
    [0.3133 0.6931 2.1269]
    """
    return meanings.softplus(floating(x))


@operation(NN, nodes=lambda x, alpha=1.0: primitives.elu(nodes.node_of(x), alpha))
def elu(x: Value, alpha: float = 1.0) -> Any:
    """x where x > 0, alpha * (exp(x) - 1) elsewhere.

    >>> print(np.round(ops.elu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.6321  0.      2.    ]
    """
    return meanings.elu(floating(x), alpha)


@operation(NN)
def selu(x: Value) -> Any:
    """scale * elu(x, alpha) with the constants of self-normalizing networks.

    >>> print(np.round(ops.selu(np.array([-1.0, 0.0, 2.0])), 4))
    [-1.1113  0.      2.1014]
    """
    return arithmetic.multiply(elu(x, SELU_ALPHA), SELU_SCALE)


@operation(NN)
def celu(x: Value, alpha: float = 1.0) -> Any:
    """max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1).

    >>> print(np.round(ops.celu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.6321  0.      2.    ]
    """
    value = _floats(x)
    below = elementwise.expm1(arithmetic.divide(arithmetic.minimum(value, 0), alpha))
    return arithmetic.add(arithmetic.maximum(value, 0), arithmetic.multiply(below, alpha))


@operation(NN)
def gelu(x: Value, approximate: bool = True) -> Any:
    """x * P(X <= x) for a standard normal X; `approximate` uses tanh (Hendrycks and Gimpel, 2016).

    >>> print(np.round(ops.gelu(np.array([-1.0, 0.0, 2.0]), False), 4))
    [-0.1587  0.      1.9545]
    """
    value = _floats(x)
    if approximate:
        cubed = arithmetic.multiply(elementwise.square(value), value)
        cubic = arithmetic.add(value, arithmetic.multiply(cubed, 0.044715))
        inner = elementwise.tanh(arithmetic.multiply(cubic, math.sqrt(2.0 / math.pi)))
    else:
        inner = elementwise.erf(arithmetic.multiply(value, math.sqrt(0.5)))
    return arithmetic.multiply(arithmetic.multiply(value, 0.5), arithmetic.add(inner, 1.0))


@operation(NN)
def softsign(x: Value) -> Any:
    """x / (|x| + 1).

    >>> print(np.round(ops.softsign(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.5     0.      0.6667]
    """
    return arithmetic.divide(x, arithmetic.add(elementwise.absolute(x), 1))


@operation(NN)
def silu(x: Value) -> Any:
    """x * sigmoid(x).

    >>> print(np.round(ops.silu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.2689  0.      1.7616]
    """
    return arithmetic.multiply(x, sigmoid(x))


swish = silu


@operation(NN)
def hard_sigmoid(x: Value) -> Any:
    """relu6(x + 3) / 6.

    >>> print(np.round(ops.hard_sigmoid(np.array([-1.0, 0.0, 2.0])), 4))
    [0.3333 0.5    0.8333]
    """
    return arithmetic.multiply(relu6(arithmetic.add(x, 3)), 1 / 6)


@operation(NN)
def hard_silu(x: Value) -> Any:
    """x * hard_sigmoid(x).

    >>> print(np.round(ops.hard_silu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.3333  0.      1.6667]
    """
    return arithmetic.multiply(x, hard_sigmoid(x))


hard_swish = hard_silu


@operation(NN)
def hard_tanh(x: Value) -> Any:
    """x, cut off at -1 and 1.

    >>> print(np.round(ops.hard_tanh(np.array([-1.0, 0.0, 2.0])), 4))
    [-1.  0.  1.]
    """
    return elementwise.clip(x, -1, 1)


@operation(NN)
def hard_shrink(x: Value, threshold: float = 0.5) -> Any:
    """x where |x| > threshold, 0 elsewhere.

    >>> print(np.round(ops.hard_shrink(np.array([-1.0, 0.4, 2.0])), 4))
    [-1.  0.  2.]
    """
    return _where(arithmetic.greater(elementwise.absolute(x), threshold), x, 0)


@operation(NN)
def soft_shrink(x: Value, threshold: float = 0.5) -> Any:
    """x - threshold above the threshold, x + threshold below its negative, 0 between.

    >>> print(np.round(ops.soft_shrink(np.array([-1.0, 0.4, 2.0])), 4))
    [-0.5  0.   1.5]
    """
    below = _where(arithmetic.less(x, -threshold), arithmetic.add(x, threshold), 0)
    return _where(arithmetic.greater(x, threshold), arithmetic.subtract(x, threshold), below)


@operation(NN)
def tanh_shrink(x: Value) -> Any:
    """x - tanh(x).

    >>> print(np.round(ops.tanh_shrink(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.2384  0.      1.036 ]
    """
    return arithmetic.subtract(x, elementwise.tanh(x))


@operation(NN)
def threshold(x: Value, threshold: float, default_value: float) -> Any:
    """x where x > threshold, `default_value` elsewhere.

    >>> print(np.round(ops.threshold(np.array([-1.0, 0.5, 2.0]), 0.5, -3.0), 4))
    [-3. -3.  2.]
    """
    return _where(arithmetic.greater(x, threshold), x, default_value)


@operation(NN)
def log_sigmoid(x: Value) -> Any:
    """log(1 / (1 + exp(-x))).

    >>> print(np.round(ops.log_sigmoid(np.array([-1.0, 0.0, 2.0])), 4))
    [-1.3133 -0.6931 -0.1269]
    """
    return elementwise.negative(softplus(elementwise.negative(x)))


@operation(NN)
def squareplus(x: Value, b: float = 4) -> Any:
    """(x + sqrt(x * x + b)) / 2.

    >>> print(np.round(ops.squareplus(np.array([-1.0, 0.0, 2.0])), 4))
    [0.618  1.     2.4142]
    """
    root = elementwise.sqrt(arithmetic.add(elementwise.square(x), b))
    return arithmetic.divide(arithmetic.add(x, root), 2)


@operation(NN)
def sparse_plus(x: Value) -> Any:
    """0 up to -1, (x + 1) ** 2 / 4 up to 1, x from there on.

    >>> print(np.round(ops.sparse_plus(np.array([-1.0, 0.0, 2.0])), 4))
    [0.   0.25 2.  ]
    """
    curve = arithmetic.multiply(elementwise.square(arithmetic.add(x, 1)), 0.25)
    return _where(arithmetic.less_equal(x, -1), 0.0, _where(arithmetic.less(x, 1), curve, x))


@operation(NN)
def sparse_sigmoid(x: Value) -> Any:
    """0 up to -1, (x + 1) / 2 up to 1, 1 from there on.

    >>> print(np.round(ops.sparse_sigmoid(np.array([-1.0, 0.0, 2.0])), 4))
    [0.  0.5 1. ]
    """
    return elementwise.clip(arithmetic.multiply(arithmetic.add(x, 1), 0.5), 0, 1)


@operation(NN)
def glu(x: Value, axis: int = -1) -> Any:
    """The first half along `axis` times the sigmoid of the second half.

    >>> print(np.round(ops.glu(np.array([-1.0, 2.0, 0.0, 4.0])), 4))
    [-0.5    1.964]
    """
    first, second = split(x, 2, axis)
    return arithmetic.multiply(first, sigmoid(second))


def _along(function: Callable[[Node, Sequence[int]], Node], name: str) -> Callable[..., Any]:
    """A primitive along one axis or several of an image, or along all of them."""

    def of_nodes(x: Any, axis: int | Sequence[int] | None = -1) -> Any:
        node = nodes.node_of(x)
        over_batch, axes = nodes.reduced_axes(node, axis, name)
        if over_batch:
            raise nodes.batch_axis(name, node)
        return function(node, axes)

    return of_nodes


@operation(NN, nodes=_along(primitives.softmax_along, "softmax"))
def softmax(x: Value, axis: int | Sequence[int] | None = -1) -> Any:
    """exp(x) divided by its sum along `axis`; None: by the sum of all.

    >>> print(np.round(ops.softmax(np.array([[-1.0, 0.0, 2.0]])), 4))
    [[0.042  0.1142 0.8438]]
    """
    return meanings.softmax(floating(x), _places(axis))


@operation(NN, nodes=_along(primitives.log_softmax_along, "log_softmax"))
def log_softmax(x: Value, axis: int | Sequence[int] | None = -1) -> Any:
    """The logarithm of softmax along `axis`; None: of all elements.

    >>> print(np.round(ops.log_softmax(np.array([[-1.0, 0.0, 2.0]])), 4))
    [[-3.1698 -2.1698 -0.1698]]
    """
    return meanings.log_softmax(floating(x), _places(axis))


def _sparsemax_of_nodes(x: Any, axis: int = -1) -> Node:
    node = nodes.node_of(x)
    return primitives.sparsemax_along(node, nodes.image_axis(node, axis, "sparsemax"))


@operation(NN, nodes=_sparsemax_of_nodes)
def sparsemax(x: Value, axis: int = -1) -> Any:
    """The point nearest to x whose elements along `axis` are 0 or more and have the sum 1.

    >>> print(np.round(ops.sparsemax(np.array([-1.0, 0.5, 1.0])), 4))
    [0.   0.25 0.75]
    """
    value = np.moveaxis(floating(x), axis, -1)
    value = np.maximum(value - value.max(-1, keepdims=True), -1)  # what is further below the largest becomes 0
    falling = -np.sort(-value, -1)
    sums = np.cumsum(falling, -1)
    counts = np.arange(1, value.shape[-1] + 1, dtype=value.dtype)
    inside = falling - (sums - 1) / counts > 0
    number = inside.sum(-1, keepdims=True)
    limit = (np.where(inside, falling, 0).sum(-1, keepdims=True) - 1) / number
    return np.moveaxis(np.maximum(value - limit, 0), -1, axis).astype(value.dtype)
