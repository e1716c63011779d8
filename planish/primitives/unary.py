"""Element-wise functions of one operand: a table of NumPy meanings and derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.broadcasting import Operand, as_node
from planish.primitives.mistake import check_values
from planish.primitives.registry import Array, Environment, make, register

Meaning = Callable[[Array, Attributes], Array]
Derivative = Callable[[Node, Node], "Node | None"]  # (node, g) -> gradient of the operand


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    check_values("an element-wise operation", *inputs)
    return inputs[0]


def _define(name: str, meaning: Meaning, derivative: Derivative, *, monotone: bool = False) -> None:
    def reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
        with np.errstate(all="ignore"):
            x = arrays[0].astype(environment.dtype, copy=False)
            return np.asarray(meaning(x, node.attributes)).astype(environment.dtype, copy=False)

    def grad(node: Node, g: Node) -> Sequence[Node | None]:
        return [derivative(node, g)]

    register(name, _infer, reference, grad, elementwise=True, monotone=monotone)


def _constructor(name: str, text: str) -> Callable[[Operand], Node]:
    def construct(x: Operand) -> Node:
        return make(name, [as_node(x)])

    construct.__name__ = construct.__qualname__ = name
    construct.__doc__ = text
    return construct


negative = _constructor("negative", "-x.")
absolute = _constructor("absolute", "|x|.")
sign = _constructor("sign", "-1, 0 or 1; no gradient.")
square = _constructor("square", "x * x.")
sqrt = _constructor("sqrt", "Square root.")
rsqrt = _constructor("rsqrt", "1 / sqrt(x).")
reciprocal = _constructor("reciprocal", "1 / x.")
exp = _constructor("exp", "e to the x.")
expm1 = _constructor("expm1", "exp(x) - 1, exact near zero.")
log = _constructor("log", "Natural logarithm.")
log1p = _constructor("log1p", "log(1 + x), exact near zero.")
tanh = _constructor("tanh", "Hyperbolic tangent.")
sigmoid = _constructor("sigmoid", "1 / (1 + exp(-x)).")
erf = _constructor("erf", "Error function.")
relu = _constructor("relu", "max(x, 0).")
softplus = _constructor("softplus", "log(1 + exp(x)).")
floor = _constructor("floor", "Largest integer not above x; no gradient.")
rint = _constructor("rint", "The nearest integer, the even one of two; no gradient.")
log2 = _constructor("log2", "Logarithm to base 2, exact for powers of 2.")
log10 = _constructor("log10", "Logarithm to base 10.")
sin = _constructor("sin", "Sine of x radians.")
cos = _constructor("cos", "Cosine of x radians.")
tan = _constructor("tan", "Tangent of x radians.")
arcsin = _constructor("arcsin", "The angle from -pi/2 to pi/2 whose sine is x.")
arccos = _constructor("arccos", "The angle from 0 to pi whose cosine is x.")
arctan = _constructor("arctan", "The angle from -pi/2 to pi/2 whose tangent is x.")
sinh = _constructor("sinh", "Hyperbolic sine.")
cosh = _constructor("cosh", "Hyperbolic cosine.")
arcsinh = _constructor("arcsinh", "The inverse of sinh.")
arccosh = _constructor("arccosh", "The inverse of cosh, from x = 1 on.")
arctanh = _constructor("arctanh", "The inverse of tanh, between -1 and 1.")

stop_gradient = _constructor("stop_gradient", "x, as if it did not depend on anything: no gradient.")


def _erf(x: Array) -> Array:
    return np.vectorize(math.erf, otypes=[x.dtype])(x) if x.size else x


def _sigmoid(x: Array) -> Array:
    small = np.exp(-np.abs(x))
    result: Array = np.where(x >= 0, 1, small) / (1 + small)
    return result


def _softplus(x: Array) -> Array:
    result: Array = np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))
    return result


def _elu(x: Array, attributes: Attributes) -> Array:
    alpha = x.dtype.type(attributes["alpha"])
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def _leaky(x: Array, attributes: Attributes) -> Array:
    return np.where(x >= 0, x, x * x.dtype.type(attributes["alpha"]))


def _where_positive(node: Node, g: Node, below: Node) -> Node:
    from planish.primitives.binary import greater
    from planish.primitives.select import select

    return select(greater(node, 0.0), g, below)


def _leaky_grad(node: Node, g: Node) -> Node:
    from planish.primitives.binary import greater_equal
    from planish.primitives.select import select

    # The slope at zero is one, as in JAX.
    return select(greater_equal(node.inputs[0], 0.0), g, _times(g, node.attributes["alpha"]))


def _elu_grad(node: Node, g: Node) -> Node:
    x = node.inputs[0]
    return _where_positive(x, g, _times(g, _times(exp(x), node.attributes["alpha"])))


def _times(g: Node, factor: Operand) -> Node:
    from planish.primitives.binary import multiply

    return multiply(g, factor)


def _divided(g: Node, divisor: Operand) -> Node:
    from planish.primitives.binary import divide

    return divide(g, divisor)


def _plus(x: Node, number: float) -> Node:
    from planish.primitives.binary import add

    return add(x, number)


def _tanh_grad(node: Node, g: Node) -> Node:
    return _times(g, _one_minus(square(node)))


def _sigmoid_grad(node: Node, g: Node) -> Node:
    return _times(g, _times(node, _one_minus(node)))


def _per_root(g: Node, square_: Node) -> Node:
    """g / sqrt(square_)."""
    return _times(g, rsqrt(square_))


def _one_minus(x: Node) -> Node:
    from planish.primitives.binary import subtract

    return subtract(1.0, x)


def _none(node: Node, g: Node) -> None:
    return None


_define("negative", lambda x, _: -x, lambda node, g: negative(g))
_define("absolute", lambda x, _: np.abs(x), lambda node, g: _times(g, sign(node.inputs[0])))
_define("sign", lambda x, _: np.sign(x), _none)
_define("square", lambda x, _: x * x, lambda node, g: _times(g, _times(node.inputs[0], 2.0)))
_define("sqrt", lambda x, _: np.sqrt(x), lambda node, g: _divided(_times(g, 0.5), node), monotone=True)
_define("rsqrt", lambda x, _: 1 / np.sqrt(x), lambda node, g: _times(g, _divided(_times(node, -0.5), node.inputs[0])))
_define("reciprocal", lambda x, _: 1 / x, lambda node, g: negative(_times(g, square(node))))
_define("exp", lambda x, _: np.exp(x), lambda node, g: _times(g, node), monotone=True)
_define("expm1", lambda x, _: np.expm1(x), lambda node, g: _times(g, _plus(node, 1.0)), monotone=True)
_define("log", lambda x, _: np.log(x), lambda node, g: _divided(g, node.inputs[0]), monotone=True)
_define("log1p", lambda x, _: np.log1p(x), lambda node, g: _divided(g, _plus(node.inputs[0], 1.0)), monotone=True)
_define("tanh", lambda x, _: np.tanh(x), _tanh_grad, monotone=True)
_define("sigmoid", lambda x, _: _sigmoid(x), _sigmoid_grad, monotone=True)
_define(
    "erf",
    lambda x, _: _erf(x),
    lambda node, g: _times(g, _times(exp(negative(square(node.inputs[0]))), 2 / math.sqrt(math.pi))),
    monotone=True,
)
_define("relu", lambda x, _: np.maximum(x, 0), lambda node, g: _where_positive(node, g, as_node(0.0)), monotone=True)
_define("softplus", lambda x, _: _softplus(x), lambda node, g: _times(g, sigmoid(node.inputs[0])), monotone=True)
_define("floor", lambda x, _: np.floor(x), _none, monotone=True)
_define("stop_gradient", lambda x, _: x, _none, monotone=True)
_define("rint", lambda x, _: np.rint(x), _none, monotone=True)
_define("log2", lambda x, _: np.log2(x), lambda node, g: _divided(g, _times(node.inputs[0], math.log(2))))
_define("log10", lambda x, _: np.log10(x), lambda node, g: _divided(g, _times(node.inputs[0], math.log(10))))
_define("sin", lambda x, _: np.sin(x), lambda node, g: _times(g, cos(node.inputs[0])))
_define("cos", lambda x, _: np.cos(x), lambda node, g: negative(_times(g, sin(node.inputs[0]))))
_define("tan", lambda x, _: np.tan(x), lambda node, g: _times(g, _plus(square(node), 1.0)))
_define("arcsin", lambda x, _: np.arcsin(x), lambda node, g: _per_root(g, _one_minus(square(node.inputs[0]))))
_define("arccos", lambda x, _: np.arccos(x), lambda node, g: negative(_per_root(g, _one_minus(square(node.inputs[0])))))
_define(
    "arctan", lambda x, _: np.arctan(x), lambda node, g: _divided(g, _plus(square(node.inputs[0]), 1.0)), monotone=True
)
_define("sinh", lambda x, _: np.sinh(x), lambda node, g: _times(g, cosh(node.inputs[0])), monotone=True)
_define("cosh", lambda x, _: np.cosh(x), lambda node, g: _times(g, sinh(node.inputs[0])))
_define("arcsinh", lambda x, _: np.arcsinh(x), lambda node, g: _divided(g, cosh(node)), monotone=True)
_define("arccosh", lambda x, _: np.arccosh(x), lambda node, g: _divided(g, sinh(node)))
_define("arctanh", lambda x, _: np.arctanh(x), lambda node, g: _divided(g, _one_minus(square(node.inputs[0]))))
# The last two are monotone for alpha >= 0 only: whoever relies on it has to look at alpha.
_define("elu", _elu, _elu_grad, monotone=True)
_define("leaky_relu", _leaky, _leaky_grad, monotone=True)


def elu(x: Operand, alpha: float = 1.0) -> Node:
    """x above zero, alpha * (exp(x) - 1) below."""
    return make("elu", [as_node(x)], alpha=float(alpha))


def leaky_relu(x: Operand, alpha: float) -> Node:
    """x from zero on, alpha * x below."""
    return make("leaky_relu", [as_node(x)], alpha=float(alpha))
