"""Element-wise functions of one value: roots, logarithms, angles, rounding, tests."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.ops import nodes
from planish.ops.arithmetic import maximum, minimum
from planish.ops.dtypes import Array, floating, together_floats
from planish.ops.operation import MATH, NUMPY, Operand, Value, operation

Meaning = Callable[..., Any]
Compiled = Callable[[Node], Node]

_NO_PRIMITIVE = "planish has no code for it"


def _as_it_is(x: Array) -> Array:
    return x


def _numbers(x: Array) -> Array:
    """Truth values are added up and multiplied as integers."""
    return x.astype(np.int32) if x.dtype == bool else x


def _unary(
    name: str,
    meaning: Meaning,
    text: str,
    compiled: Compiled | None = None,
    arrays: Callable[[Array], Array] = floating,
    module: str = NUMPY,
) -> Callable[[Value], Any]:
    """A function of one value; without `compiled`, of arrays only. `arrays` brings them to a type."""

    def function(x: Value) -> Any:
        return meaning(arrays(x))

    def of_nodes(x: Any) -> Node:
        assert compiled is not None
        return compiled(nodes.node_of(x))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return operation(module, nodes=of_nodes if compiled else None, eager=_NO_PRIMITIVE)(function)


def _times(factor: float) -> Compiled:
    return lambda x: primitives.multiply(x, factor)


def _by_element(function: Callable[[float], float]) -> Meaning:
    """A function of one number, of arrays."""
    vectorized = np.vectorize(function, otypes=[np.float64])
    return lambda x: vectorized(x).astype(x.dtype)


def _as_floats(meaning: Meaning) -> Meaning:
    """Of integers as well: no integer is infinite."""
    return lambda x: meaning(floating(x))


absolute = _unary("absolute", np.abs, "|x|.", primitives.absolute, _as_it_is)
abs = absolute
fabs = _unary("fabs", np.abs, "|x|, as a float.", primitives.absolute)
negative = _unary("negative", np.negative, "-x.", primitives.negative, _as_it_is)
sign = _unary("sign", np.sign, "-1, 0 or 1.", primitives.sign, _as_it_is)
square = _unary("square", np.square, "x * x.", primitives.square, _numbers)
reciprocal = _unary("reciprocal", np.reciprocal, "1 / x.", primitives.reciprocal)
sqrt = _unary("sqrt", np.sqrt, "The square root.", primitives.sqrt)
cbrt = _unary("cbrt", np.cbrt, "The cube root.")
rsqrt = _unary("rsqrt", lambda x: 1 / np.sqrt(x), "1 / sqrt(x).", primitives.rsqrt, module=MATH)
exp = _unary("exp", np.exp, "e to the power of x.", primitives.exp)
exp2 = _unary("exp2", np.exp2, "2 to the power of x.", lambda x: primitives.exp(_times(math.log(2))(x)))
expm1 = _unary("expm1", np.expm1, "exp(x) - 1, exact near zero.", primitives.expm1)
log = _unary("log", np.log, "The natural logarithm.", primitives.log)
log1p = _unary("log1p", np.log1p, "log(1 + x), exact near zero.", primitives.log1p)
log2 = _unary("log2", np.log2, "The logarithm to base 2.", primitives.log2)
log10 = _unary("log10", np.log10, "The logarithm to base 10.", primitives.log10)
sin = _unary("sin", np.sin, "The sine of x radians.", primitives.sin)
cos = _unary("cos", np.cos, "The cosine of x radians.", primitives.cos)
tan = _unary("tan", np.tan, "The tangent of x radians.", primitives.tan)
arcsin = _unary("arcsin", np.arcsin, "The angle in radians, -pi/2 to pi/2, whose sine is x.", primitives.arcsin)
arccos = _unary("arccos", np.arccos, "The angle in radians, 0 to pi, whose cosine is x.", primitives.arccos)
arctan = _unary("arctan", np.arctan, "The angle in radians, -pi/2 to pi/2, whose tangent is x.", primitives.arctan)
sinh = _unary("sinh", np.sinh, "The hyperbolic sine.", primitives.sinh)
cosh = _unary("cosh", np.cosh, "The hyperbolic cosine.", primitives.cosh)
tanh = _unary("tanh", np.tanh, "The hyperbolic tangent.", primitives.tanh)
arcsinh = _unary("arcsinh", np.arcsinh, "The number whose hyperbolic sine is x.", primitives.arcsinh)
arccosh = _unary("arccosh", np.arccosh, "The number, 0 or more, whose hyperbolic cosine is x.", primitives.arccosh)
arctanh = _unary("arctanh", np.arctanh, "The number whose hyperbolic tangent is x.", primitives.arctanh)
deg2rad = _unary("deg2rad", np.deg2rad, "Degrees as radians.", _times(math.pi / 180))
rad2deg = _unary("rad2deg", np.rad2deg, "Radians as degrees.", _times(180 / math.pi))
sinc = _unary("sinc", np.sinc, "sin(pi x) / (pi x), and 1 at zero.")
floor = _unary("floor", np.floor, "The largest whole number not above x.", primitives.floor)
ceil = _unary("ceil", np.ceil, "The smallest whole number not below x.", primitives.ceil)
trunc = _unary("trunc", np.trunc, "x without what follows the point.", primitives.trunc, _as_it_is)
erf = _unary("erf", _by_element(math.erf), "The error function.", primitives.erf, module=MATH)
erfc = _unary(
    "erfc",
    _by_element(math.erfc),
    "1 - erf(x).",
    lambda x: primitives.subtract(1.0, primitives.erf(x)),
    module=MATH,
)
isnan = _unary("isnan", _as_floats(np.isnan), "Where x is not a number.", primitives.isnan, _as_it_is)
isinf = _unary("isinf", _as_floats(np.isinf), "Where x is infinite.", primitives.isinf, _as_it_is)
isfinite = _unary("isfinite", _as_floats(np.isfinite), "Where x is a finite number.", primitives.isfinite, _as_it_is)
isposinf = _unary(
    "isposinf", _as_floats(np.isposinf), "Where x is infinity.", lambda x: primitives.equal(x, math.inf), _as_it_is
)
isneginf = _unary(
    "isneginf",
    _as_floats(np.isneginf),
    "Where x is minus infinity.",
    lambda x: primitives.equal(x, -math.inf),
    _as_it_is,
)
logical_not = _unary("logical_not", np.logical_not, "Where x is 0.", primitives.logical_not, _as_it_is)
signbit = _unary("signbit", np.signbit, "Where x has a minus sign, as -0.0 has.", None, _as_it_is)
bitwise_not = _unary("bitwise_not", np.bitwise_not, "The bits that x does not have.", None, _as_it_is)
bitwise_invert = _unary("bitwise_invert", np.bitwise_not, "The bits that x does not have.", None, _as_it_is)
real = _unary("real", np.real, "The real part, which is x itself.", lambda x: x, _as_it_is)


def _round_of_nodes(x: Any, decimals: int = 0) -> Node:
    if not decimals:
        return primitives.rint(x)
    return primitives.divide(primitives.rint(primitives.multiply(x, 10.0**decimals)), 10.0**decimals)


@operation(NUMPY, nodes=_round_of_nodes)
def round(x: Value, decimals: int = 0) -> Any:
    """x to `decimals` places; halves go to the even neighbour."""
    return np.round(x, decimals).astype(x.dtype)


@operation(NUMPY, settings="x_min x_max")
def clip(x: Value, x_min: Operand, x_max: Operand) -> Any:
    """x, brought between `x_min` and `x_max`, which are numbers or values to broadcast."""
    if isinstance(x, np.ndarray) and x.dtype == bool:
        x = x.astype(np.int32)
    return minimum(maximum(x, x_min), x_max)


def _nan_to_num_of_nodes(x: Any, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Node:
    largest = float(np.finfo(np.float32).max)
    ends = ((math.inf, largest if posinf is None else posinf), (-math.inf, -largest if neginf is None else neginf))
    y = primitives.select(primitives.equal(x, x), x, nan)
    for end, instead in ends:
        y = primitives.select(primitives.equal(x, end), instead, y)
    return y


@operation(NUMPY, nodes=_nan_to_num_of_nodes)
def nan_to_num(x: Value, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """x with other numbers for NaN and infinities: the largest and the smallest, if no others are given."""
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def _heaviside_of_nodes(x1: Any, x2: Any) -> Node:
    x, middle = nodes.together(x1, x2)
    return primitives.select(primitives.equal(x, 0.0), middle, primitives.greater(x, 0.0))


@operation(NUMPY, nodes=_heaviside_of_nodes)
def heaviside(x1: Operand, x2: Operand) -> Any:
    """0 below zero, 1 above it, x2 at zero."""
    return np.heaviside(*together_floats(x1, x2))
