"""Element-wise functions of two values, which are broadcast against each other, and comparisons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.ops import nodes
from planish.ops.dtypes import as_array, together, together_floats
from planish.ops.operation import NUMPY, Operand, Value, operation

Meaning = Callable[..., Any]


def _of_nodes(function: Callable[..., Node]) -> Callable[..., Node]:
    return lambda x1, x2: function(*nodes.together(x1, x2))


def _binary(
    name: str,
    meaning: Meaning,
    text: str,
    compiled: Callable[..., Node] | None = None,
    arrays: Callable[..., list[Any]] = together,
    eager: str | None = None,
) -> Callable[[Operand, Operand], Any]:
    def function(x1: Operand, x2: Operand) -> Any:
        return meaning(*arrays(x1, x2))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return operation(NUMPY, nodes=None if compiled is None else _of_nodes(compiled), eager=eager)(function)


def _floor_divide(a: Node, b: Node) -> Node:
    return primitives.floor(primitives.divide(a, b))


def _divide_no_nan(a: Any, b: Any) -> Any:
    return np.where(b == 0, 0, np.divide(a, np.where(b == 0, 1, b))).astype(a.dtype)


def _divide_no_nan_of_nodes(a: Node, b: Node) -> Node:
    zero = primitives.equal(b, 0.0)
    return primitives.select(zero, 0.0, primitives.divide(a, primitives.select(zero, 1.0, b)))


def _as_typed_floats(*values: Any) -> list[Any]:
    """Where a Python number is a float32, as TensorFlow has it."""
    return together_floats(*map(as_array, values))


def _as_integers_or_floats(*values: Any) -> list[Any]:
    """The same; truth values are integers."""
    typed = together(*map(as_array, values))
    return together(*typed, 0)[: len(values)] if typed[0].dtype.kind == "b" else typed


def _truths(*values: Any) -> list[Any]:
    return [as_array(value).astype(bool) for value in values]


add = _binary("add", np.add, "x1 + x2.", primitives.add)
subtract = _binary("subtract", np.subtract, "x1 - x2.", primitives.subtract)
multiply = _binary("multiply", np.multiply, "x1 * x2.", primitives.multiply)
divide = _binary("divide", np.divide, "x1 / x2, of integers as well.", primitives.divide, together_floats)
true_divide = _binary("true_divide", np.divide, "x1 / x2, as `divide`.", primitives.divide, together_floats)
divide_no_nan = _binary(
    "divide_no_nan", _divide_no_nan, "x1 / x2, and 0 where x2 is 0.", _divide_no_nan_of_nodes, together_floats
)
floor_divide = _binary("floor_divide", np.floor_divide, "The largest integers not above x1 / x2.", _floor_divide)
mod = _binary(
    "mod",
    np.mod,
    "What is left of x1 divided by x2, with the sign of x2.",
    primitives.remainder,
    _as_integers_or_floats,
)
maximum = _binary("maximum", np.maximum, "The larger of x1 and x2; NaN where either is.", primitives.maximum)
minimum = _binary("minimum", np.minimum, "The smaller of x1 and x2; NaN where either is.", primitives.minimum)
power = _binary("power", np.power, "x1 to the power of x2.", primitives.power)

greater = _binary("greater", np.greater, "Whether x1 > x2 (1 or 0 in nodes).", primitives.greater)
greater_equal = _binary(
    "greater_equal", np.greater_equal, "Whether x1 >= x2 (1 or 0 in nodes).", primitives.greater_equal
)
less = _binary("less", np.less, "Whether x1 < x2 (1 or 0 in nodes).", primitives.less)
less_equal = _binary("less_equal", np.less_equal, "Whether x1 <= x2 (1 or 0 in nodes).", primitives.less_equal)
equal = _binary("equal", np.equal, "Whether x1 == x2 (1 or 0 in nodes).", primitives.equal)
not_equal = _binary("not_equal", np.not_equal, "Whether x1 != x2 (1 or 0 in nodes).", primitives.not_equal)
logical_and = _binary(
    "logical_and", np.logical_and, "Whether x1 and x2 are both not 0.", primitives.logical_and, _truths
)
logical_or = _binary(
    "logical_or",
    np.logical_or,
    "Whether x1 or x2 is not 0.",
    primitives.logical_or,
    _truths,
)
logical_xor = _binary(
    "logical_xor", np.logical_xor, "Whether one of x1 and x2 is not 0.", primitives.logical_xor, _truths
)

_NO_INTEGERS = "values of a model are float32 numbers, which have no bits to work on"

arctan2 = _binary(
    "arctan2", np.arctan2, "The angle of the point (x2, x1), in radians.", primitives.arctan2, _as_typed_floats
)
hypot = _binary("hypot", np.hypot, "sqrt(x1 ** 2 + x2 ** 2).", primitives.hypot, _as_typed_floats)

logaddexp = _binary(
    "logaddexp", np.logaddexp, "log(exp(x1) + exp(x2)), safe for large values.", primitives.logaddexp, _as_typed_floats
)
gcd = _binary("gcd", np.gcd, "The largest common divisor of integers.", eager=_NO_INTEGERS)
lcm = _binary("lcm", np.lcm, "The smallest common multiple of integers.", eager=_NO_INTEGERS)


def _bitwise(name: str, meaning: Meaning, text: str) -> Callable[[Operand, Operand], Any]:
    def function(x: Operand, y: Operand) -> Any:
        return meaning(*together(x, y))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = text
    return operation(NUMPY, eager=_NO_INTEGERS)(function)


bitwise_and = _bitwise("bitwise_and", np.bitwise_and, "The bits that x and y both have.")
bitwise_or = _bitwise("bitwise_or", np.bitwise_or, "The bits that x or y has.")
bitwise_xor = _bitwise("bitwise_xor", np.bitwise_xor, "The bits that one of x and y has.")
bitwise_left_shift = _bitwise("bitwise_left_shift", np.left_shift, "The bits of x, moved up by y places.")
bitwise_right_shift = _bitwise("bitwise_right_shift", np.right_shift, "The bits of x, moved down by y places.")
left_shift = _bitwise("left_shift", np.left_shift, "The bits of x, moved up by y places.")
right_shift = _bitwise("right_shift", np.right_shift, "The bits of x, moved down by y places.")


@operation(NUMPY, settings="equal_nan")
def isclose(x1: Operand, x2: Operand, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether |x1 - x2| <= atol + rtol * |x2|; with `equal_nan`, NaN is close to NaN (on arrays)."""
    if isinstance(x1, Node) or isinstance(x2, Node):
        a, b = nodes.together(x1, x2)
        bound = primitives.add(primitives.multiply(primitives.absolute(b), rtol), atol)
        return primitives.greater_equal(bound, primitives.absolute(primitives.subtract(a, b)))
    first, second = together(x1, x2)
    return np.isclose(first, second, rtol, atol, equal_nan)


@operation(NUMPY, "AllClose", eager="it decides for all elements at once; ops.isclose compares element by element")
def allclose(x1: Operand, x2: Operand, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether all elements are close, as `isclose` has it."""
    first, second = together(x1, x2)
    return np.asarray(np.allclose(first, second, rtol, atol, equal_nan))


def _where_of_nodes(condition: Any, x1: Any = None, x2: Any = None) -> Node:
    if x1 is None or x2 is None:
        raise nodes.mistake(
            "ops.where of a condition alone gives as many places as there are, which cannot be compiled",
            remedy="ops.where(condition, x1, x2) chooses for every element",
        )
    return primitives.select(*nodes.together(condition, x1, x2))


@operation(NUMPY, nodes=_where_of_nodes)
def where(condition: Value, x1: Operand | None = None, x2: Operand | None = None) -> Any:
    """x1 where the condition is not 0, x2 elsewhere; of a condition alone, the places where it is not 0.

    >>> ops.where([True, False], 1.0, [5.0, 6.0]).tolist()
    [1.0, 6.0]
    >>> [places.tolist() for places in ops.where([0, 3, 4])]
    [[1, 2]]
    """
    if x1 is None or x2 is None:
        return tuple(place.astype(np.int32) for place in np.nonzero(condition))
    return np.where(condition.astype(bool), *together(x1, x2))
