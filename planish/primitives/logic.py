"""Comparisons and conditions made of others. A truth is the number 1 or 0; as a condition, every number but 0 holds."""

from __future__ import annotations

import math

from planish.graph.node import Node
from planish.primitives.binary import equal, greater, greater_equal, maximum, multiply, subtract
from planish.primitives.broadcasting import Operand, as_node
from planish.primitives.select import select
from planish.primitives.unary import absolute, floor, negative


def less(a: Operand, b: Operand) -> Node:
    """1 where a < b, else 0."""
    return greater(b, a)


def less_equal(a: Operand, b: Operand) -> Node:
    """1 where a <= b, else 0."""
    return greater_equal(b, a)


def not_equal(a: Operand, b: Operand) -> Node:
    """1 where a != b, else 0; what is not a number equals nothing."""
    return subtract(1.0, equal(a, b))


def truth(x: Operand) -> Node:
    """1 where x is not 0, else 0."""
    return not_equal(x, 0.0)


def logical_and(a: Operand, b: Operand) -> Node:
    """1 where neither is 0."""
    return multiply(truth(a), truth(b))


def logical_or(a: Operand, b: Operand) -> Node:
    """1 where one of them, or both, is not 0."""
    return maximum(truth(a), truth(b))


def logical_xor(a: Operand, b: Operand) -> Node:
    """1 where one of them is 0, and the other one is not."""
    return not_equal(truth(a), truth(b))


def logical_not(x: Operand) -> Node:
    """1 where x is 0."""
    return equal(x, 0.0)


def isnan(x: Operand) -> Node:
    """1 where x is not a number."""
    node = as_node(x)
    return not_equal(node, node)


def isinf(x: Operand) -> Node:
    """1 where x is infinite."""
    return equal(absolute(x), math.inf)


def isfinite(x: Operand) -> Node:
    """1 where x is a number and not infinite."""
    return greater(math.inf, absolute(x))


def ceil(x: Operand) -> Node:
    """The smallest integer not below x; no gradient."""
    return negative(floor(negative(x)))


def trunc(x: Operand) -> Node:
    """The integer part of x, which is what a cast to an integer keeps; no gradient."""
    node = as_node(x)
    return select(greater_equal(node, 0.0), floor(node), ceil(node))
