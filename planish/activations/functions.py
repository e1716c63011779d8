"""Activation functions, as Keras defines them: of a node, an array, or a symbolic tensor."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from planish import primitives
from planish.activations.definition import Activation, activation, listed
from planish.errors import explain
from planish.evaluation import evaluate
from planish.graph.node import Node
from planish.ops import activations as ops
from planish.ops import arithmetic, elementwise
from planish.ops.operation import Value, operation

# Klambauer et al., "Self-normalizing neural networks" (2017).
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


@activation(lambda x: x)
def linear(x: Any) -> Any:
    """x.

    >>> print(np.round(keras.activations.linear(np.array([-1.0, 0.0, 2.0])), 4))
    [-1.  0.  2.]
    """
    return x


def _relu_of_node(x: Node, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Node:
    if not threshold:
        y = primitives.leaky_relu(x, negative_slope) if negative_slope else primitives.relu(x)
        return y if max_value is None else primitives.minimum(y, max_value)
    y = primitives.select(primitives.greater(x, threshold), x, 0.0)
    if max_value is not None:
        y = primitives.minimum(primitives.maximum(y, 0.0), max_value)
    below = primitives.relu(primitives.subtract(threshold, x))
    return primitives.subtract(y, primitives.multiply(below, negative_slope)) if negative_slope else y


@listed
@operation("keras.src.activations.activations", "ReLU", nodes=_relu_of_node)
def relu(x: Value, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """max_value where x >= max_value, x where x > threshold, negative_slope * (x - threshold) elsewhere.

    >>> print(np.round(keras.activations.relu(np.array([-1.0, 0.0, 2.0])), 4))
    [0. 0. 2.]
    """
    return evaluate(lambda node: _relu_of_node(node, negative_slope, max_value, threshold), x)


@activation(ops.leaky_relu)
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x where x >= 0, negative_slope * x elsewhere.

    >>> print(np.round(keras.activations.leaky_relu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.2  0.   2. ]
    """
    return primitives.leaky_relu(x, negative_slope)


@activation(ops.relu6)
def relu6(x: Any) -> Any:
    """min(max(x, 0), 6).

    >>> print(np.round(keras.activations.relu6(np.array([-1.0, 0.0, 2.0])), 4))
    [0. 0. 2.]
    """
    return primitives.minimum(primitives.relu(x), 6.0)


@activation(ops.sigmoid)
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)).

    >>> print(np.round(keras.activations.sigmoid(np.array([-1.0, 0.0, 2.0])), 4))
    [0.2689 0.5    0.8808]
    """
    return primitives.sigmoid(x)


@activation(elementwise.tanh)
def tanh(x: Any) -> Any:
    """Hyperbolic tangent.

    Of an array or a node `x`.

    >>> print(np.round(keras.activations.tanh(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.7616  0.      0.964 ]
    """
    return primitives.tanh(x)


@activation(ops.softmax)
def softmax(x: Any, axis: int | tuple[int, ...] = -1) -> Any:
    """exp(x) divided by its sum along `axis` (counted with the batch axis), or along several axes.

    >>> print(np.round(keras.activations.softmax(np.array([[-1.0, 0.0, 2.0]])), 4))
    [[0.042  0.1142 0.8438]]
    """
    return _on_last_axis(primitives.softmax, x, axis, "softmax")


@activation(ops.log_softmax)
def log_softmax(x: Any, axis: int = -1) -> Any:
    """The logarithm of softmax.

    Of an array or a node `x`, along `axis`.

    >>> print(np.round(keras.activations.log_softmax(np.array([[-1.0, 0.0, 2.0]])), 4))
    [[-3.1698 -2.1698 -0.1698]]
    """
    return _on_last_axis(primitives.log_softmax, x, axis, "log_softmax")


@activation(ops.elu)
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, alpha * (exp(x) - 1) elsewhere.

    >>> print(np.round(keras.activations.elu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.6321  0.      2.    ]
    """
    return primitives.elu(x, alpha)


@activation(ops.selu)
def selu(x: Any) -> Any:
    """scale * elu(x, alpha) with the constants of self-normalizing networks.

    >>> print(np.round(keras.activations.selu(np.array([-1.0, 0.0, 2.0])), 4))
    [-1.1113  0.      2.1014]
    """
    return primitives.multiply(primitives.elu(x, SELU_ALPHA), SELU_SCALE)


@activation(ops.gelu)
def gelu(x: Any, approximate: bool = False) -> Any:
    """x * P(X <= x) for a standard normal X; `approximate` uses tanh (Hendrycks and Gimpel, 2016).

    >>> print(np.round(keras.activations.gelu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.1587  0.      1.9545]
    """
    if approximate:
        cubic = primitives.add(x, primitives.multiply(primitives.multiply(primitives.square(x), x), 0.044715))
        inner = primitives.tanh(primitives.multiply(cubic, math.sqrt(2.0 / math.pi)))
    else:
        inner = primitives.erf(primitives.multiply(x, math.sqrt(0.5)))
    return primitives.multiply(primitives.multiply(x, 0.5), primitives.add(inner, 1.0))


@activation(ops.softplus)
def softplus(x: Any) -> Any:
    """log(exp(x) + 1).

    >>> print(np.round(keras.activations.softplus(np.array([-1.0, 0.0, 2.0])), 4))
    [0.3133 0.6931 2.1269]
    """
    return primitives.softplus(x)


@activation(ops.softsign)
def softsign(x: Any) -> Any:
    """x / (|x| + 1).

    >>> print(np.round(keras.activations.softsign(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.5     0.      0.6667]
    """
    return primitives.divide(x, primitives.add(primitives.absolute(x), 1.0))


@activation(ops.silu)
def silu(x: Any) -> Any:
    """x * sigmoid(x).

    >>> print(np.round(keras.activations.silu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.2689  0.      1.7616]
    """
    return primitives.multiply(x, primitives.sigmoid(x))


@activation(elementwise.exp)
def exponential(x: Any) -> Any:
    """exp(x).

    >>> print(np.round(keras.activations.exponential(np.array([-1.0, 0.0, 2.0])), 4))
    [0.3679 1.     7.3891]
    """
    return primitives.exp(x)


@activation(ops.hard_sigmoid)
def hard_sigmoid(x: Any) -> Any:
    """relu6(x + 3) / 6.

    >>> print(np.round(keras.activations.hard_sigmoid(np.array([-1.0, 0.0, 2.0])), 4))
    [0.3333 0.5    0.8333]
    """
    return primitives.multiply(primitives.minimum(primitives.relu(primitives.add(x, 3.0)), 6.0), 1.0 / 6.0)


@activation(ops.hard_silu)
def hard_silu(x: Any) -> Any:
    """x * hard_sigmoid(x).

    >>> print(np.round(keras.activations.hard_silu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.3333  0.      1.6667]
    """
    return primitives.multiply(x, hard_sigmoid(x))


@activation(ops.hard_tanh)
def hard_tanh(x: Any) -> Any:
    """x, cut off at -1 and 1.

    >>> print(np.round(keras.activations.hard_tanh(np.array([-1.0, 0.0, 2.0])), 4))
    [-1.  0.  1.]
    """
    return primitives.minimum(primitives.maximum(x, -1.0), 1.0)


def _mish(x: Any) -> Any:
    return arithmetic.multiply(x, elementwise.tanh(ops.softplus(x)))


@activation(_mish)
def mish(x: Any) -> Any:
    """x * tanh(softplus(x)).

    >>> print(np.round(keras.activations.mish(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.3034  0.      1.944 ]
    """
    return primitives.multiply(x, primitives.tanh(primitives.softplus(x)))


@activation(ops.log_sigmoid)
def log_sigmoid(x: Any) -> Any:
    """log(1 / (1 + exp(-x))).

    >>> print(np.round(keras.activations.log_sigmoid(np.array([-1.0, 0.0, 2.0])), 4))
    [-1.3133 -0.6931 -0.1269]
    """
    return primitives.negative(primitives.softplus(primitives.negative(x)))


@activation(ops.celu)
def celu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, alpha * (exp(x / alpha) - 1) elsewhere.

    >>> print(np.round(keras.activations.celu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.6321  0.      2.    ]
    """
    return ops.celu(x, alpha)


@activation(ops.glu)
def glu(x: Any, axis: int = -1) -> Any:
    """The first half of x along `axis`, times the sigmoid of the second half.

    >>> print(np.round(keras.activations.glu(np.array([-1.0, 2.0, 0.0, 4.0])), 4))
    [-0.5    1.964]
    """
    return ops.glu(x, axis)


@activation(ops.hard_shrink)
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x where |x| > threshold, 0 elsewhere.

    >>> print(np.round(keras.activations.hard_shrink(np.array([-1.0, 0.4, 2.0])), 4))
    [-1.  0.  2.]
    """
    return ops.hard_shrink(x, threshold)


@activation(ops.soft_shrink)
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """x - threshold above the threshold, x + threshold below its negative, 0 between.

    >>> print(np.round(keras.activations.soft_shrink(np.array([-1.0, 0.4, 2.0])), 4))
    [-0.5  0.   1.5]
    """
    return ops.soft_shrink(x, threshold)


@activation(ops.tanh_shrink)
def tanh_shrink(x: Any) -> Any:
    """x - tanh(x).

    >>> print(np.round(keras.activations.tanh_shrink(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.2384  0.      1.036 ]
    """
    return ops.tanh_shrink(x)


@activation(ops.threshold)
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """x where x > threshold, `default_value` elsewhere.

    >>> print(np.round(keras.activations.threshold(np.array([-1.0, 0.5, 2.0]), 0.5, -3.0), 4))
    [-3. -3.  2.]
    """
    return ops.threshold(x, threshold, default_value)


@activation(ops.squareplus)
def squareplus(x: Any, b: float = 4) -> Any:
    """(x + sqrt(x * x + b)) / 2.

    >>> print(np.round(keras.activations.squareplus(np.array([-1.0, 0.0, 2.0])), 4))
    [0.618  1.     2.4142]
    """
    return ops.squareplus(x, b)


@activation(ops.sparse_plus)
def sparse_plus(x: Any) -> Any:
    """0 up to -1, (x + 1) ** 2 / 4 up to 1, x from there on.

    >>> print(np.round(keras.activations.sparse_plus(np.array([-1.0, 0.0, 2.0])), 4))
    [0.   0.25 2.  ]
    """
    return ops.sparse_plus(x)


@activation(ops.sparse_sigmoid)
def sparse_sigmoid(x: Any) -> Any:
    """0 up to -1, (x + 1) / 2 up to 1, 1 from there on.

    >>> print(np.round(keras.activations.sparse_sigmoid(np.array([-1.0, 0.0, 2.0])), 4))
    [0.  0.5 1. ]
    """
    return ops.sparse_sigmoid(x)


@activation(ops.sparsemax)
def sparsemax(x: Any, axis: int = -1) -> Any:
    """The point nearest to x whose elements along `axis` are 0 or more and have the sum 1: a softmax with zeros.

    >>> print(np.round(keras.activations.sparsemax(np.array([-1.0, 0.5, 1.0])), 4))
    [0.   0.25 0.75]
    """
    return ops.sparsemax(x, axis)


swish = silu
hard_swish = hard_silu
ALIASES: dict[str, Activation] = {"swish": silu, "hard_swish": hard_silu}


def _on_last_axis(function: Callable[[Node], Node], x: Node, axis: int | tuple[int, ...], name: str) -> Node:
    axes = [_per_image_axis(x, each, name) for each in (axis if isinstance(axis, tuple) else (axis,))]
    last = len(x.shape) - 1
    if axes == [last]:
        return function(x)
    order = [*(i for i in range(last + 1) if i not in axes), *axes]
    back = [order.index(i) for i in range(last + 1)]
    moved = primitives.transpose(x, tuple(order))
    rows = primitives.reshape(moved, (*moved.shape[: last + 1 - len(axes)], math.prod(x.shape[each] for each in axes)))
    return primitives.transpose(primitives.reshape(function(rows), moved.shape), tuple(back))


def _per_image_axis(x: Node, axis: int, name: str) -> int:
    rank = len(x.shape) + x.batched
    per_image = (axis + rank if axis < 0 else axis) - x.batched
    if not 0 <= per_image < len(x.shape):
        raise ValueError(
            explain(
                what=f"{name}: axis {axis} is not an axis of an image",
                rule="axes are counted with the batch axis, which is axis 0",
                received=f"a value of rank {rank}",
            )
        )
    return per_image
