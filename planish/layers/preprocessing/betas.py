"""Numbers from beta distributions: between 0 and 1, and the rarer in the middle, the smaller the parameters are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish import primitives
from planish.graph.node import Node

Floats = NDArray[np.float32]

_STEPS, _FINE_STEPS = 1024, 2**16
TRIES = 12


def quantile(draw: Node, alpha: float, beta: float | None = None) -> Node:
    """The number for which the distribution function is `draw`, a number in [0, 1). `beta` is `alpha` if not given.

    With t = x ** alpha the density of t is (1 - t ** (1 / alpha)) ** (beta - 1) but for a factor: it is smooth where x
    is small, however large the density of x is there. So t is tabulated for the lower half, and 1 - x likewise, with
    the parameters exchanged, for the upper half.
    """
    other = alpha if beta is None else beta
    lower, upper = _half(alpha, other), _half(other, alpha)
    below = lower.share / (lower.share + upper.share)
    x = _root(lower.table, primitives.divide(draw, below), alpha)
    rest = _root(upper.table, primitives.divide(primitives.subtract(1.0, draw), 1.0 - below), other)
    return primitives.select(primitives.greater(draw, below), primitives.subtract(1.0, rest), x)


def _root(table: Floats, share: Node, alpha: float) -> Node:
    """x, whose power t is found at the `share` of its table."""
    place = primitives.reshape(primitives.multiply(share, float(_STEPS)), (1,))
    step = primitives.minimum(primitives.floor(place), float(_STEPS - 1))
    known = primitives.table(table)
    left, right = primitives.take(known, step), primitives.take(known, primitives.add(step, 1.0))
    between = primitives.multiply(primitives.subtract(right, left), primitives.subtract(place, step))
    return primitives.reshape(primitives.power(primitives.add(left, between), 1.0 / alpha), ())


class _Half(NamedTuple):
    """The numbers up to 1/2: how large a share they have, but for a factor, and t for shares of that from 0 to 1."""

    share: float
    table: Floats


def _half(alpha: float, beta: float) -> _Half:
    t = np.linspace(0.0, 0.5**alpha, _FINE_STEPS)
    density = (1.0 - t ** (1.0 / alpha)) ** (beta - 1.0) / alpha
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)]) * t[1]
    table = np.interp(np.linspace(0.0, below[-1], _STEPS + 1), below, t).astype(np.float32)
    return _Half(float(below[-1]), table)


def drawn(alpha: Node, draws: Sequence[Node]) -> Node:
    """Numbers for parameters that are drawn, too, from 0 to 1: by Joehnk's method, of which each try takes two numbers
    in [0, 1), and succeeds at least every other time. If none of `TRIES` does, the last one counts.
    """
    found, x = primitives.constant(0.0), primitives.constant(0.5)
    for first, second in zip(draws[: 2 * TRIES : 2], draws[1 : 2 * TRIES : 2], strict=True):
        powers = [primitives.divide(primitives.log(primitives.subtract(1.0, draw)), alpha) for draw in (first, second)]
        ratio = primitives.sigmoid(primitives.subtract(*powers))
        x = primitives.select(primitives.greater(found, 0.0), x, ratio)
        fits = primitives.less_equal(primitives.logaddexp(*powers), 0.0)
        found = primitives.maximum(found, primitives.truth(fits))
    return x
