"""Keras 2's `backend`: thin names for `planish.ops`, with Keras 2's arguments; and what programs ask of a session.

Axes are counted with the batch axis. On arrays the functions compute at once, on nodes they become part of the program.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import absent, config, losses, ops
from planish.config import backend, epsilon, floatx, image_data_format, set_epsilon, set_floatx, set_image_data_format
from planish.errors import explain
from planish.graph.node import Node
from planish.ops import (
    abs,
    all,
    any,
    cos,
    exp,
    log,
    max,
    mean,
    min,
    ndim,
    nodes,
    prod,
    round,
    shape,
    sigmoid,
    sign,
    sin,
    softmax,
    softplus,
    softsign,
    sqrt,
    square,
    squeeze,
    stack,
    std,
    sum,
    tanh,
    transpose,
    var,
)
from planish.utils import clear_session, is_keras_tensor
from planish.variable import Variable

__all__ = [
    "abs", "all", "any", "arange", "argmax", "argmin", "backend", "batch_flatten", "batch_get_value",
    "batch_set_value", "bias_add", "binary_crossentropy", "cast", "cast_to_floatx", "categorical_crossentropy",
    "clear_session", "clip", "concatenate", "constant", "cos", "count_params", "cumprod", "cumsum", "dot",
    "dtype", "elu", "epsilon", "equal", "eval", "exp", "expand_dims", "eye", "flatten", "floatx", "gather",
    "get_value", "greater", "greater_equal", "hard_sigmoid", "image_data_format", "int_shape", "is_keras_tensor",
    "is_sparse", "l2_normalize", "less", "less_equal", "log", "max", "maximum", "mean", "min", "minimum", "ndim",
    "not_equal", "one_hot", "ones", "ones_like", "permute_dimensions", "pow", "prod", "relu", "repeat_elements",
    "reshape", "reverse", "round", "set_epsilon", "set_floatx", "set_image_data_format", "set_value", "shape",
    "sigmoid", "sign", "sin", "softmax", "softplus", "softsign", "sparse_categorical_crossentropy", "sqrt", "square",
    "squeeze", "stack", "std", "stop_gradient", "sum", "switch", "tanh", "tile", "to_dense", "transpose",
    "update", "update_add", "update_sub", "var", "variable", "zeros", "zeros_like",
]  # fmt: skip

Array = Any
"""An array or a number, a node, or a symbolic tensor."""


def _of_two(operation: Callable[..., Array], text: str) -> Callable[[Array, Array], Array]:
    """The operation with Keras 2's names of its two arguments."""

    def function(x: Array, y: Array) -> Array:
        return operation(x, y)

    function.__name__ = function.__qualname__ = operation.__name__
    function.__doc__ = text
    return function


equal = _of_two(ops.equal, "Whether x == y, for every number.")
not_equal = _of_two(ops.not_equal, "Whether x != y, for every number.")
greater = _of_two(ops.greater, "Whether x > y, for every number.")
greater_equal = _of_two(ops.greater_equal, "Whether x >= y, for every number.")
less = _of_two(ops.less, "Whether x < y, for every number.")
less_equal = _of_two(ops.less_equal, "Whether x <= y, for every number.")
maximum = _of_two(ops.maximum, "The larger one of each two numbers.")
minimum = _of_two(ops.minimum, "The smaller one of each two numbers.")


def stop_gradient(variables: Any) -> Any:
    """A constant as far as gradients are concerned; a list gives a list."""
    if isinstance(variables, (list, tuple)):
        return [ops.stop_gradient(each) for each in variables]
    return ops.stop_gradient(variables)


def argmax(x: Array, axis: int = -1) -> Array:
    """The place of the largest number along `axis`."""
    return ops.argmax(x, axis=axis)


def argmin(x: Array, axis: int = -1) -> Array:
    """The place of the smallest number along `axis`."""
    return ops.argmin(x, axis=axis)


def clip(x: Array, min_value: Array, max_value: Array) -> Array:
    """`x`, but at least `min_value` and at most `max_value`."""
    return ops.clip(x, min_value, max_value)


def elu(x: Array, alpha: float = 1.0) -> Array:
    """x where x > 0, alpha * (exp(x) - 1) elsewhere."""
    return ops.elu(x, alpha)


def expand_dims(x: Array, axis: int = -1) -> Array:
    """`x` with another axis, of one."""
    return ops.expand_dims(x, axis)


def reshape(x: Array, shape: Sequence[int]) -> Array:
    """The numbers of `x` in another shape; one extent may be -1."""
    return ops.reshape(x, tuple(shape))


def ones_like(x: Array, dtype: str | None = None, name: str | None = None) -> Array:
    """Ones in the shape of `x`; `name` changes nothing."""
    return ops.ones_like(x, dtype)


def zeros_like(x: Array, dtype: str | None = None, name: str | None = None) -> Array:
    """Zeros in the shape of `x`; `name` changes nothing."""
    return ops.zeros_like(x, dtype)


def arange(start: int, stop: int | None = None, step: int = 1, dtype: str = "int32") -> Array:
    """Numbers from `start` (or 0, if it is the only one) up to `stop`, which is left out."""
    return ops.arange(start, stop, step, dtype=dtype)


def batch_flatten(x: Array) -> Array:
    """[n, ...] -> [n, numbers of an image]."""
    return ops.reshape(x, (-1, math.prod(int_shape(x)[1:])))


def bias_add(x: Array, bias: Array, data_format: str | None = None) -> Array:
    """`x` and a number for each channel."""
    if (data_format or config.image_data_format()) == "channels_first" and ndim(x) > 2:
        bias = ops.reshape(bias, (-1, *(1,) * (ndim(x) - 2)))
    return ops.add(x, bias)


def binary_crossentropy(target: Array, output: Array, from_logits: bool = False) -> Array:
    """-(t * log(p) + (1 - t) * log(1 - p)) for every number."""
    return ops.binary_crossentropy(target, output, from_logits)


def categorical_crossentropy(target: Array, output: Array, from_logits: bool = False, axis: int = -1) -> Array:
    """-sum(t * log(p)) along `axis`."""
    return losses.categorical_crossentropy(target, output, from_logits, axis=axis)


def sparse_categorical_crossentropy(
    target: Array, output: Array, from_logits: bool = False, axis: int = -1, ignore_class: int | None = None
) -> Array:
    """-log(p[class]) for class numbers."""
    return losses.sparse_categorical_crossentropy(target, output, from_logits, ignore_class, axis)


def cast(x: Array, dtype: str) -> Array:
    """`x` in another type."""
    return ops.cast(x, dtype)


def cast_to_floatx(x: Array) -> Array:
    """`x` in float32."""
    return ops.cast(x, config.floatx())


def concatenate(tensors: Sequence[Array], axis: int = -1) -> Array:
    """The tensors one after the other along `axis`."""
    return ops.concatenate(tensors, axis)


def constant(
    value: Any, dtype: str | None = None, shape: Sequence[int] | None = None, name: str | None = None
) -> Array:
    """An array of `value`, repeated to the shape; `name` changes nothing."""
    array = ops.convert_to_tensor(value, dtype or config.floatx())
    return array if shape is None else ops.broadcast_to(array, tuple(shape))


def count_params(x: Array) -> int:
    """The number of elements."""
    return math.prod(x.shape)


def cumprod(x: Array, axis: int = 0) -> Array:
    """Products of all elements up to each, along `axis`."""
    return ops.cumprod(x, axis)


def cumsum(x: Array, axis: int = 0) -> Array:
    """Sums of all elements up to each, along `axis`."""
    return ops.cumsum(x, axis)


def dot(x: Array, y: Array) -> Array:
    """The product of matrices, along the last axis of `x` and the last but one of `y`."""
    return ops.dot(x, y)


def dtype(x: Array) -> str:
    """The name of the type of the elements."""
    return np.dtype(x.dtype).name if isinstance(x, np.ndarray) else str(x.dtype)


def eval(x: Array) -> Any:
    """The value of a variable or a tensor as an array."""
    return get_value(x)


def eye(size: int, dtype: str | None = None, name: str | None = None) -> Array:
    """A matrix with ones on its diagonal; `name` changes nothing."""
    return ops.eye(size, dtype=dtype or config.floatx())


def flatten(x: Array) -> Array:
    """All numbers in one row. ValueError for several numbers of each image: a program computes image by image."""
    if isinstance(x, Node) and x.batched and math.prod(x.shape) != 1:
        raise ValueError(
            explain(
                what="backend.flatten: values of several images cannot be put into one row",
                rule="a program computes image by image; sums and means may go over all of them",
                received=f"{math.prod(x.shape)} values of each image",
                remedy="leave flatten out: K.sum(x) and K.mean(x) without an axis take all values\n"
                "or K.batch_flatten(x), which has a row for each image",
            )
        )
    return ops.reshape(x, (-1,))


def gather(reference: Array, indices: Array) -> Array:
    """The entries of the first axis at `indices`."""
    return ops.take(reference, indices, axis=0)


def hard_sigmoid(x: Array) -> Array:
    """0.2 * x + 0.5 between 0 and 1, as in Keras 2."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


def int_shape(x: Array) -> tuple[int | None, ...]:
    """The shape as a tuple."""
    return nodes.full_shape(x) if isinstance(x, Node) else tuple(x.shape)


def is_sparse(tensor: Array) -> bool:
    """False: planish has no sparse arrays."""
    return False


def l2_normalize(x: Array, axis: int | Sequence[int] | None = None) -> Array:
    """`x` divided by its norm along `axis`."""
    return ops.multiply(x, ops.rsqrt(ops.maximum(ops.sum(ops.square(x), axis=axis, keepdims=True), 1e-12)))


def one_hot(indices: Array, num_classes: int) -> Array:
    """A vector for each class number, with 1 at its place."""
    return ops.one_hot(indices, num_classes)


def ones(shape: Sequence[int], dtype: str | None = None, name: str | None = None) -> Array:
    """An array of ones; `name` changes nothing."""
    return ops.ones(shape, dtype or config.floatx())


def zeros(shape: Sequence[int], dtype: str | None = None, name: str | None = None) -> Array:
    """An array of zeros; `name` changes nothing."""
    return ops.zeros(shape, dtype or config.floatx())


def permute_dimensions(x: Array, pattern: Sequence[int]) -> Array:
    """The axes in another order."""
    return ops.transpose(x, tuple(pattern))


def pow(x: Array, a: Array) -> Array:
    """x ** a."""
    return ops.power(x, a)


def relu(x: Array, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    """`max_value` where x >= max_value, x where x >= threshold, alpha * (x - threshold) elsewhere."""
    from planish import activations

    return activations.relu(x, alpha, max_value, threshold)


def repeat_elements(x: Array, rep: int, axis: int) -> Array:
    """Each entry along `axis` `rep` times."""
    return ops.repeat(x, rep, axis=axis)


def reverse(x: Array, axes: int | Sequence[int]) -> Array:
    """`x` from the last to the first along the axes."""
    return ops.flip(x, axis=axes if isinstance(axes, int) else tuple(axes))


def switch(condition: Array, then_expression: Any, else_expression: Any) -> Array:
    """One value where the condition holds, the other elsewhere; both may be functions without arguments."""
    then, otherwise = (each() if callable(each) else each for each in (then_expression, else_expression))
    return ops.where(condition, then, otherwise)


def tile(x: Array, n: int | Sequence[int]) -> Array:
    """`x` repeated `n` times along each axis."""
    return ops.tile(x, [n] if isinstance(n, int) else n)


def to_dense(tensor: Array) -> Array:
    """`tensor` as it is: planish has no sparse arrays."""
    return tensor


def variable(value: Any, dtype: str | None = None, name: str | None = None, constraint: None = None) -> Variable:
    """A variable with this value that belongs to no layer. A loss that reads it sees what is assigned later, too.

    ValueError for a `constraint`: nothing trains it.
    """
    if constraint is not None:
        raise ValueError(
            explain(
                what="backend.variable: `constraint` is not supported",
                rule="constraints hold for weights that are trained",
                remedy="self.add_weight(shape=..., constraint=...) in a layer",
            )
        )
    return Variable(value, dtype=dtype or config.floatx(), trainable=False, name=name)


def get_value(x: Any) -> Any:
    """The value of a variable as an array; anything else as it is."""
    return x.numpy() if isinstance(x, Variable) else x


def set_value(x: Variable, value: Any) -> None:
    """Gives a variable a value of its shape (ValueError for another)."""
    x.assign(value)


def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    """The values of variables as arrays."""
    return [get_value(each) for each in tensors]


def batch_set_value(tuples: Sequence[tuple[Variable, Any]]) -> None:
    """Gives variables values: pairs of both."""
    for variable, value in tuples:
        set_value(variable, value)


def update(x: Variable, new_x: Any) -> Variable:
    """Assigns a value to a variable."""
    return _updated(x, x.assign, new_x)


def update_add(x: Variable, increment: Any) -> Variable:
    """Adds to a variable."""
    return _updated(x, x.assign_add, increment)


def update_sub(x: Variable, decrement: Any) -> Variable:
    """Subtracts from a variable."""
    return _updated(x, x.assign_sub, decrement)


def _updated(x: Variable, assign: Callable[[Any], None], value: Any) -> Variable:
    assign(value)
    return x


def learning_phase() -> int:
    """ValueError: whether a layer is trained is told to its `call`."""
    raise ValueError(
        explain(
            what="planish has no learning phase",
            rule="a layer's call is traced once for training and once for inference, and told which",
            remedy="def call(self, x, training=None):",
        )
    )


if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("backend")
