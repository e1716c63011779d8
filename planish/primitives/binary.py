"""Element-wise functions of two operands, with broadcasting: a table of NumPy meanings and derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from planish.graph.node import Node
from planish.graph.settings import Settings
from planish.primitives import linearity, reaching
from planish.primitives.broadcasting import Operand, aligned, as_node, infer_broadcast, summed_to
from planish.primitives.leaves import ConstantSettings
from planish.primitives.registry import (
    NO_PRODUCTS,
    NOT_LINEAR,
    Array,
    Environment,
    Linear,
    Primitive,
    Without,
    make,
    register,
)

Derivatives = Callable[[Node, Node, Node, Node], "tuple[Node | None, Node | None]"]  # (a, b, node, g)


def _define(
    name: str,
    meaning: Callable[[Array, Array], Any],
    derivatives: Derivatives,
    *,
    linear: Linear | Without = NOT_LINEAR,
) -> None:
    def reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
        a, b = aligned(arrays, node)
        with np.errstate(all="ignore"):
            return np.asarray(meaning(a, b)).astype(environment.dtype, copy=False)

    def grad(node: Node, g: Node) -> Sequence[Node | None]:
        a, b = node.inputs
        gradients = derivatives(a, b, node, g)
        return [
            None if part is None else summed_to(part, source) for part, source in zip(gradients, (a, b), strict=True)
        ]

    register(
        Primitive(
            name=name,
            settings=Settings,
            infer=infer_broadcast,
            reference=reference,
            gradient=grad,
            reach=reaching.by_element,
            linear=linear,
            tail=False,
            monotone=False,
            elementwise=True,
            multiply_adds=NO_PRODUCTS,
        )
    )


def _constructor(name: str, text: str) -> Callable[[Operand, Operand], Node]:
    def construct(a: Operand, b: Operand) -> Node:
        return make(name, [as_node(a), as_node(b)])

    construct.__name__ = construct.__qualname__ = name
    construct.__doc__ = text
    return construct


add = _constructor("add", "a + b.")
subtract = _constructor("subtract", "a - b.")
multiply = _constructor("multiply", "a * b.")
divide = _constructor("divide", "a / b.")
maximum = _constructor("maximum", "The larger one; NaN if either is.")
minimum = _constructor("minimum", "The smaller one; NaN if either is.")
power = _constructor("power", "a to the b.")
greater = _constructor("greater", "1 where a > b, else 0; no gradient.")
greater_equal = _constructor("greater_equal", "1 where a >= b, else 0; no gradient.")
equal = _constructor("equal", "1 where a == b, else 0; no gradient.")
arctan2 = _constructor("arctan2", "The angle of the point (b, a), from -pi to pi.")
hypot = _constructor("hypot", "sqrt(a * a + b * b), without overflow on the way.")
logaddexp = _constructor("logaddexp", "log(exp(a) + exp(b)), without overflow on the way.")
remainder = _constructor("remainder", "What is left of a after whole multiples of b, with the sign of b; exact.")
sigmoid_cross_entropy = _constructor(
    "sigmoid_cross_entropy", "-b * log(p) - (1 - b) * log(1 - p) with p = sigmoid(a), exact for every a."
)


def _negative(x: Node) -> Node:
    from planish.primitives.unary import negative

    return negative(x)


def _divide_grad(a: Node, b: Node, node: Node, g: Node) -> tuple[Node, Node]:
    return divide(g, b), _negative(divide(multiply(g, node), b))


def _chosen(a: Node, b: Node, node: Node, g: Node) -> tuple[Node, Node]:
    """The operand that was chosen gets the gradient; equal ones share it, as in JAX."""
    from planish.primitives.select import select

    half = select(equal(a, b), multiply(g, 0.5), g)
    return select(equal(node, a), half, 0.0), select(equal(node, b), half, 0.0)


def _power_grad(a: Node, b: Node, node: Node, g: Node) -> tuple[Node | None, Node | None]:
    """b * a ** (b - 1) and log(a) * a ** b; where the base (or b) is zero, without zero times infinity, as in JAX."""
    from planish.primitives.select import select
    from planish.primitives.unary import log

    if b.op == "constant":
        exponent = ConstantSettings.of(b).value
        return multiply(g, multiply(power(a, exponent - 1.0), exponent)) if exponent else None, None
    lower = select(equal(b, 0.0), 1.0, subtract(b, 1.0))
    logarithm = log(select(equal(a, 0.0), 1.0, a))
    return multiply(g, multiply(b, power(a, lower))), multiply(g, multiply(node, logarithm))


def _sigmoid_cross_entropy(x: Array, y: Array) -> Array:
    """max(x, 0) - x * y + log(1 + exp(-|x|)): the first two cancel exactly where the loss is small."""
    straight = np.maximum(x, 0) - x * y
    result: Array = straight + np.log1p(np.exp(-np.abs(x)))
    return result


def _sigmoid_cross_entropy_grad(x: Node, y: Node, node: Node, g: Node) -> tuple[Node, Node]:
    from planish.primitives.unary import sigmoid

    return multiply(g, subtract(sigmoid(x), y)), multiply(g, _negative(x))


def _arctan2_grad(a: Node, b: Node, node: Node, g: Node) -> tuple[Node, Node]:
    """b / (a * a + b * b) and -a / (a * a + b * b)."""
    from planish.primitives.unary import square

    part = divide(g, add(square(a), square(b)))
    return multiply(part, b), _negative(multiply(part, a))


def _hypot_grad(a: Node, b: Node, node: Node, g: Node) -> tuple[Node, Node]:
    """a / node and b / node; zero in the origin, where there is no steepest direction."""
    from planish.primitives.select import select

    part = divide(g, select(equal(node, 0.0), 1.0, node))
    return multiply(part, a), multiply(part, b)


def _logaddexp_grad(a: Node, b: Node, node: Node, g: Node) -> tuple[Node, Node]:
    """The softmax of the two; equal ones share the gradient, infinite ones too."""
    from planish.primitives.select import select
    from planish.primitives.unary import sigmoid

    share = select(equal(a, b), 0.5, sigmoid(subtract(a, b)))
    return multiply(g, share), multiply(g, subtract(1.0, share))


def _remainder_grad(a: Node, b: Node, node: Node, g: Node) -> tuple[Node, Node]:
    from planish.primitives.unary import floor

    return g, _negative(multiply(g, floor(divide(a, b))))


def _none(a: Node, b: Node, node: Node, g: Node) -> tuple[None, None]:
    return None, None


_define("add", np.add, lambda a, b, node, g: (g, g), linear=linearity.in_all)
_define("subtract", np.subtract, lambda a, b, node, g: (g, _negative(g)), linear=linearity.in_all)
_define("multiply", np.multiply, lambda a, b, node, g: (multiply(g, b), multiply(g, a)), linear=linearity.in_one)
_define("divide", np.divide, _divide_grad, linear=linearity.in_first)
_define("maximum", np.maximum, _chosen)
_define("minimum", np.minimum, _chosen)
_define("power", np.power, _power_grad)
_define("greater", np.greater, _none)
_define("greater_equal", np.greater_equal, _none)
_define("equal", np.equal, _none)
_define("sigmoid_cross_entropy", _sigmoid_cross_entropy, _sigmoid_cross_entropy_grad)
_define("arctan2", np.arctan2, _arctan2_grad)
_define("hypot", np.hypot, _hypot_grad)
_define("logaddexp", np.logaddexp, _logaddexp_grad)
_define("remainder", np.remainder, _remainder_grad)
