"""Activation functions, as Keras defines them: from a node to a node, or from an array to an array."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from planish import absent, foreign, primitives, serialization, signatures, tracing
from planish import custom_objects as own_objects
from planish.errors import explain
from planish.graph.node import Node, current_layers
from planish.tensor import tensor

Activation = Callable[..., Any]
_Function = TypeVar("_Function", bound=Activation)

__all__ = [
    "deserialize", "elu", "exponential", "gelu", "get", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "serialize", "sigmoid",
    "silu", "softmax", "softplus", "softsign", "swish", "tanh",
]  # fmt: skip

_FUNCTIONS: dict[str, Activation] = {}

# Klambauer et al., "Self-normalizing neural networks" (2017).
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805


def _activation(function: _Function) -> _Function:
    """Lists the function by its name and lets it be called on arrays too."""

    @functools.wraps(function)
    def on_nodes_and_arrays(x: Any, *arguments: Any, **settings: Any) -> Any:
        if isinstance(x, Node):
            return function(x, *arguments, **settings)
        from planish.evaluation import evaluate

        return tensor(evaluate(lambda node: function(node, *arguments, **settings), x))

    _FUNCTIONS[function.__name__] = on_nodes_and_arrays
    return cast(_Function, on_nodes_and_arrays)


@_activation
def linear(x: Any) -> Any:
    """x.

    >>> print(np.round(keras.activations.linear(np.array([-1.0, 0.0, 2.0])), 4))
    [-1.  0.  2.]
    """
    return x


@_activation
def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """max_value where x >= max_value, x where x >= threshold, negative_slope * (x - threshold) elsewhere.

    >>> print(np.round(keras.activations.relu(np.array([-1.0, 0.0, 2.0])), 4))
    [0. 0. 2.]
    """
    if threshold:
        below = primitives.multiply(primitives.subtract(x, threshold), negative_slope)
        y = primitives.select(primitives.greater_equal(x, threshold), x, below)
    else:
        y = primitives.leaky_relu(x, negative_slope) if negative_slope else primitives.relu(x)
    return y if max_value is None else primitives.minimum(y, max_value)


@_activation
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """x where x >= 0, negative_slope * x elsewhere.

    >>> print(np.round(keras.activations.leaky_relu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.2  0.   2. ]
    """
    return primitives.leaky_relu(x, negative_slope)


@_activation
def relu6(x: Any) -> Any:
    """min(max(x, 0), 6).

    >>> print(np.round(keras.activations.relu6(np.array([-1.0, 0.0, 2.0])), 4))
    [0. 0. 2.]
    """
    return primitives.minimum(primitives.relu(x), 6.0)


@_activation
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)).

    >>> print(np.round(keras.activations.sigmoid(np.array([-1.0, 0.0, 2.0])), 4))
    [0.2689 0.5    0.8808]
    """
    return primitives.sigmoid(x)


@_activation
def tanh(x: Any) -> Any:
    """Hyperbolic tangent.

    Of an array or a node `x`.

    >>> print(np.round(keras.activations.tanh(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.7616  0.      0.964 ]
    """
    return primitives.tanh(x)


@_activation
def softmax(x: Any, axis: int | tuple[int, ...] = -1) -> Any:
    """exp(x) divided by its sum along `axis` (counted with the batch axis), or along several axes.

    >>> print(np.round(keras.activations.softmax(np.array([[-1.0, 0.0, 2.0]])), 4))
    [[0.042  0.1142 0.8438]]
    """
    return _on_last_axis(primitives.softmax, x, axis, "softmax")


@_activation
def log_softmax(x: Any, axis: int = -1) -> Any:
    """The logarithm of softmax.

    Of an array or a node `x`, along `axis`.

    >>> print(np.round(keras.activations.log_softmax(np.array([[-1.0, 0.0, 2.0]])), 4))
    [[-3.1698 -2.1698 -0.1698]]
    """
    return _on_last_axis(primitives.log_softmax, x, axis, "log_softmax")


@_activation
def elu(x: Any, alpha: float = 1.0) -> Any:
    """x where x > 0, alpha * (exp(x) - 1) elsewhere.

    >>> print(np.round(keras.activations.elu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.6321  0.      2.    ]
    """
    return primitives.elu(x, alpha)


@_activation
def selu(x: Any) -> Any:
    """scale * elu(x, alpha) with the constants of self-normalizing networks.

    >>> print(np.round(keras.activations.selu(np.array([-1.0, 0.0, 2.0])), 4))
    [-1.1113  0.      2.1014]
    """
    return primitives.multiply(primitives.elu(x, _SELU_ALPHA), _SELU_SCALE)


@_activation
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


@_activation
def softplus(x: Any) -> Any:
    """log(exp(x) + 1).

    >>> print(np.round(keras.activations.softplus(np.array([-1.0, 0.0, 2.0])), 4))
    [0.3133 0.6931 2.1269]
    """
    return primitives.softplus(x)


@_activation
def softsign(x: Any) -> Any:
    """x / (|x| + 1).

    >>> print(np.round(keras.activations.softsign(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.5     0.      0.6667]
    """
    return primitives.divide(x, primitives.add(primitives.absolute(x), 1.0))


@_activation
def silu(x: Any) -> Any:
    """x * sigmoid(x).

    >>> print(np.round(keras.activations.silu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.2689  0.      1.7616]
    """
    return primitives.multiply(x, primitives.sigmoid(x))


@_activation
def exponential(x: Any) -> Any:
    """exp(x).

    >>> print(np.round(keras.activations.exponential(np.array([-1.0, 0.0, 2.0])), 4))
    [0.3679 1.     7.3891]
    """
    return primitives.exp(x)


@_activation
def hard_sigmoid(x: Any) -> Any:
    """relu6(x + 3) / 6.

    >>> print(np.round(keras.activations.hard_sigmoid(np.array([-1.0, 0.0, 2.0])), 4))
    [0.3333 0.5    0.8333]
    """
    return primitives.multiply(primitives.minimum(primitives.relu(primitives.add(x, 3.0)), 6.0), 1.0 / 6.0)


@_activation
def hard_silu(x: Any) -> Any:
    """x * hard_sigmoid(x).

    >>> print(np.round(keras.activations.hard_silu(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.3333  0.      1.6667]
    """
    return primitives.multiply(x, hard_sigmoid(x))


@_activation
def hard_tanh(x: Any) -> Any:
    """x, cut off at -1 and 1.

    >>> print(np.round(keras.activations.hard_tanh(np.array([-1.0, 0.0, 2.0])), 4))
    [-1.  0.  1.]
    """
    return primitives.minimum(primitives.maximum(x, -1.0), 1.0)


@_activation
def mish(x: Any) -> Any:
    """x * tanh(softplus(x)).

    >>> print(np.round(keras.activations.mish(np.array([-1.0, 0.0, 2.0])), 4))
    [-0.3034  0.      1.944 ]
    """
    return primitives.multiply(x, primitives.tanh(primitives.softplus(x)))


@_activation
def log_sigmoid(x: Any) -> Any:
    """log(1 / (1 + exp(-x))).

    >>> print(np.round(keras.activations.log_sigmoid(np.array([-1.0, 0.0, 2.0])), 4))
    [-1.3133 -0.6931 -0.1269]
    """
    return primitives.negative(primitives.softplus(primitives.negative(x)))


swish = silu
hard_swish = hard_silu
_ALIASES = {"swish": silu, "hard_swish": hard_silu}


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


def names() -> list[str]:
    """Every name that `get` knows."""
    return sorted(_FUNCTIONS | _ALIASES)


def get(identifier: Any) -> Activation:
    """The function that a user's argument means: None (linear), a name, a config or a function.

    `identifier`: any of these.

    >>> keras.activations.get("relu") is keras.activations.relu
    True
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        if (own := own_objects.get_registered_object(identifier)) is not None:
            return get(own)
        known: dict[str, Activation] = _FUNCTIONS | _ALIASES
        if identifier not in known:
            raise ValueError(absent.unknown_name("activation", "activations", identifier, known))
        return known[identifier]
    if isinstance(identifier, dict):
        return get(deserialize(identifier))
    foreign.refuse(identifier, "activations")
    if isinstance(identifier, type):
        return get(identifier())
    if callable(identifier):
        signatures.require(identifier, "the activation", "x")
        return cast(Activation, identifier)
    raise TypeError(
        explain(what="an activation was expected", expected="a name, a function or None", received=repr(identifier))
    )


def is_elementwise(activation: Activation) -> bool:
    """Whether a function is known to treat each element by itself."""
    return activation in _FUNCTIONS.values() and activation not in (softmax, log_softmax)


def applied(activation: Activation, x: Node) -> Node:
    """What a function, which may be a user's, makes of a node. TypeError if that is not a node."""
    y: object = activation(x)
    if isinstance(y, Node):
        return y
    raise TypeError(
        explain(
            what=f"the activation '{tracing.name_of(activation)}' does not give a value",
            layer=", ".join(current_layers()) or None,
            expected="a result computed from its argument, with operators and planish.ops",
            received=f"a result of type {type(y).__name__}",
            remedy="activation=lambda x: x * planish.ops.sigmoid(x)",
        )
    )


def serialize(activation: Activation) -> Any:
    """Keras's serialized form: the name of a function of this module, the config of an object.

    `activation`: a function, or an object.

    >>> keras.activations.serialize(keras.activations.relu)
    'relu'
    """
    for name, function in _FUNCTIONS.items():
        if activation is function:
            return name
    return serialization.serialize(activation)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Activation:
    """The function of a serialized form. `custom_objects` are functions of the caller's own, by name.

    `config`: a name, or a dictionary.

    >>> keras.activations.deserialize("relu") is keras.activations.relu
    True
    """
    if isinstance(config, str) and config in (custom_objects or {}):
        return cast(Activation, (custom_objects or {})[config])
    if config is None or isinstance(config, str):
        return get(config)
    found: Activation = serialization.deserialize(config, _FUNCTIONS | _ALIASES, custom_objects)
    return found


if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("activations")
