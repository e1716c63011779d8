"""Activation functions, as Keras defines them: of a node, an array, or a symbolic tensor.

Most of them are operations of `planish.ops`; the others are those whose arguments or names differ in Keras.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from planish import primitives
from planish.evaluation import evaluate
from planish.graph.node import Node
from planish.ops import activations as ops
from planish.ops import arithmetic, elementwise
from planish.ops.operation import Value, operation

Activation = Callable[..., Any]
Function = TypeVar("Function", bound=Activation)

FUNCTIONS: dict[str, Activation] = {}
"""Keras's functions by their names."""


def listed(function: Function) -> Function:
    """Makes the function known by its name."""
    FUNCTIONS[function.__name__] = function
    return function


@listed
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


@listed
def gelu(x: Any, approximate: bool = False) -> Any:
    """x * P(X <= x) for a standard normal X; `approximate` uses tanh (Hendrycks and Gimpel, 2016).

    >>> print(np.round(keras.activations.gelu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.1587  0.      1.9545]
    """
    return ops.gelu(x, approximate)


@listed
def exponential(x: Any) -> Any:
    """exp(x).

    >>> print(np.round(keras.activations.exponential(np.array([-1.0, 0.0, 2.0])), 4))
    [0.3679 1.     7.3891]
    """
    return elementwise.exp(x)


@listed
def mish(x: Any) -> Any:
    """x * tanh(softplus(x)).

    >>> print(np.round(keras.activations.mish(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.3034  0.      1.944 ]
    """
    return arithmetic.multiply(x, elementwise.tanh(ops.softplus(x)))


celu = listed(ops.celu)
elu = listed(ops.elu)
glu = listed(ops.glu)
hard_shrink = listed(ops.hard_shrink)
hard_sigmoid = listed(ops.hard_sigmoid)
hard_silu = listed(ops.hard_silu)
hard_tanh = listed(ops.hard_tanh)
leaky_relu = listed(ops.leaky_relu)
log_sigmoid = listed(ops.log_sigmoid)
log_softmax = listed(ops.log_softmax)
relu6 = listed(ops.relu6)
selu = listed(ops.selu)
sigmoid = listed(ops.sigmoid)
silu = listed(ops.silu)
soft_shrink = listed(ops.soft_shrink)
softmax = listed(ops.softmax)
softplus = listed(ops.softplus)
softsign = listed(ops.softsign)
sparse_plus = listed(ops.sparse_plus)
sparse_sigmoid = listed(ops.sparse_sigmoid)
sparsemax = listed(ops.sparsemax)
squareplus = listed(ops.squareplus)
tanh = listed(elementwise.tanh)
tanh_shrink = listed(ops.tanh_shrink)
threshold = listed(ops.threshold)

swish = silu
hard_swish = hard_silu
ALIASES: dict[str, Activation] = {"swish": silu, "hard_swish": hard_silu}
