"""Element-wise functions of one operand: a table of NumPy meanings and derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity, meanings, reaching
from planish.primitives.broadcasting import Operand, as_node
from planish.primitives.mistake import check_values
from planish.primitives.registry import (
    NO_PRODUCTS,
    NOT_LINEAR,
    Array,
    Environment,
    Linear,
    Primitive,
    Reference,
    Without,
    make,
    register,
)

S = TypeVar("S", bound=Settings)
Meaning = Callable[[Array], Array]
Derivative = Callable[[Node, Node], "Node | None"]  # (node, g) -> gradient of the operand
Slopes = Callable[[Array, float], Array]


class AlphaSettings(Settings):
    alpha: float


def _infer(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    check_values("an element-wise operation", *inputs)
    return inputs[0]


def _define(
    name: str,
    meaning: Meaning,
    derivative: Derivative,
    *,
    monotone: bool = False,
    linear: Linear | Without = NOT_LINEAR,
) -> None:
    def reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
        return _computed(meaning, arrays[0], environment)

    _register(name, Settings, reference, derivative, monotone, linear)


def _define_with_alpha(name: str, meaning: Slopes, derivative: Derivative) -> None:
    """Functions that never decrease if alpha is not negative."""

    def reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
        return _computed(lambda x: meaning(x, AlphaSettings.of(node).alpha), arrays[0], environment)

    _register(name, AlphaSettings, reference, derivative, lambda settings: settings.alpha >= 0, NOT_LINEAR)


def _computed(meaning: Meaning, x: Array, environment: Environment) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(meaning(x.astype(environment.dtype, copy=False))).astype(environment.dtype, copy=False)


def _register(
    name: str,
    settings: type[S],
    reference: Reference,
    derivative: Derivative,
    monotone: bool | Callable[[S], bool],
    linear: Linear | Without,
) -> None:
    def grad(node: Node, g: Node) -> Sequence[Node | None]:
        return [derivative(node, g)]

    register(
        Primitive(
            name=name,
            settings=settings,
            infer=_infer,
            reference=reference,
            gradient=grad,
            reach=reaching.by_element,
            linear=linear,
            tail=False,
            monotone=monotone,
            elementwise=True,
            multiply_adds=NO_PRODUCTS,
        )
    )


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


def _where_positive(node: Node, g: Node, below: Node) -> Node:
    from planish.primitives.binary import greater
    from planish.primitives.select import select

    return select(greater(node, 0.0), g, below)


def _leaky_grad(node: Node, g: Node) -> Node:
    from planish.primitives.binary import greater_equal
    from planish.primitives.select import select

    # The slope at zero is one, as in JAX.
    return select(greater_equal(node.inputs[0], 0.0), g, _times(g, AlphaSettings.of(node).alpha))


def _elu_grad(node: Node, g: Node) -> Node:
    x = node.inputs[0]
    return _where_positive(x, g, _times(g, _times(exp(x), AlphaSettings.of(node).alpha)))


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


_define("negative", lambda x: -x, lambda node, g: negative(g), linear=linearity.in_all)
_define("absolute", np.abs, lambda node, g: _times(g, sign(node.inputs[0])))
_define("sign", np.sign, _none)
_define("square", lambda x: x * x, lambda node, g: _times(g, _times(node.inputs[0], 2.0)))
_define("sqrt", np.sqrt, lambda node, g: _divided(_times(g, 0.5), node), monotone=True)
_define("rsqrt", lambda x: 1 / np.sqrt(x), lambda node, g: _times(g, _divided(_times(node, -0.5), node.inputs[0])))
_define("reciprocal", lambda x: 1 / x, lambda node, g: negative(_times(g, square(node))))
_define("exp", np.exp, lambda node, g: _times(g, node), monotone=True)
_define("expm1", np.expm1, lambda node, g: _times(g, _plus(node, 1.0)), monotone=True)
_define("log", np.log, lambda node, g: _divided(g, node.inputs[0]), monotone=True)
_define("log1p", np.log1p, lambda node, g: _divided(g, _plus(node.inputs[0], 1.0)), monotone=True)
_define("tanh", np.tanh, _tanh_grad, monotone=True)
_define("sigmoid", meanings.sigmoid, _sigmoid_grad, monotone=True)
_define(
    "erf",
    _erf,
    lambda node, g: _times(g, _times(exp(negative(square(node.inputs[0]))), 2 / math.sqrt(math.pi))),
    monotone=True,
)
_define("relu", lambda x: np.maximum(x, 0), lambda node, g: _where_positive(node, g, as_node(0.0)), monotone=True)
_define("softplus", meanings.softplus, lambda node, g: _times(g, sigmoid(node.inputs[0])), monotone=True)
_define("floor", np.floor, _none, monotone=True)
_define("stop_gradient", lambda x: x, _none, monotone=True, linear=linearity.in_all)
_define("rint", np.rint, _none, monotone=True)
_define("log2", np.log2, lambda node, g: _divided(g, _times(node.inputs[0], math.log(2))))
_define("log10", np.log10, lambda node, g: _divided(g, _times(node.inputs[0], math.log(10))))
_define("sin", np.sin, lambda node, g: _times(g, cos(node.inputs[0])))
_define("cos", np.cos, lambda node, g: negative(_times(g, sin(node.inputs[0]))))
_define("tan", np.tan, lambda node, g: _times(g, _plus(square(node), 1.0)))
_define("arcsin", np.arcsin, lambda node, g: _per_root(g, _one_minus(square(node.inputs[0]))))
_define("arccos", np.arccos, lambda node, g: negative(_per_root(g, _one_minus(square(node.inputs[0])))))
_define("arctan", np.arctan, lambda node, g: _divided(g, _plus(square(node.inputs[0]), 1.0)), monotone=True)
_define("sinh", np.sinh, lambda node, g: _times(g, cosh(node.inputs[0])), monotone=True)
_define("cosh", np.cosh, lambda node, g: _times(g, sinh(node.inputs[0])))
_define("arcsinh", np.arcsinh, lambda node, g: _divided(g, cosh(node)), monotone=True)
_define("arccosh", np.arccosh, lambda node, g: _divided(g, sinh(node)))
_define("arctanh", np.arctanh, lambda node, g: _divided(g, _one_minus(square(node.inputs[0]))))
_define_with_alpha("elu", meanings.elu, _elu_grad)
_define_with_alpha("leaky_relu", meanings.leaky_relu, _leaky_grad)


def elu(x: Operand, alpha: float = 1.0) -> Node:
    """x above zero, alpha * (exp(x) - 1) below."""
    return make("elu", [as_node(x)], AlphaSettings(alpha=float(alpha)))


def leaky_relu(x: Operand, alpha: float) -> Node:
    """x from zero on, alpha * x below."""
    return make("leaky_relu", [as_node(x)], AlphaSettings(alpha=float(alpha)))
