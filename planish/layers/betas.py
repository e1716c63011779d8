"""Numbers from beta distributions with two equal parameters: between 0 and 1, and the rarer in the middle, the smaller
the parameter is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish import primitives
from planish.graph.node import Node

_STEPS, _FINE_STEPS = 1024, 2**16
TRIES = 12


def quantile(draw: Node, alpha: float) -> Node:
    """The number for which the distribution function is `draw`, a number in [0, 1).

    With t = x ** alpha the density of t is (1 - t ** (1 / alpha)) ** (alpha - 1) but for a factor: it is smooth where x
    is small, however large the density of x is there. So t is tabulated for the lower half, and the upper half is its
    mirror image.
    """
    table = primitives.table(_lower_half(alpha))
    lower = primitives.minimum(draw, primitives.subtract(1.0, draw))
    place = primitives.reshape(primitives.multiply(lower, 2.0 * _STEPS), (1,))
    step = primitives.minimum(primitives.floor(place), float(_STEPS - 1))
    left, right = primitives.take(table, step), primitives.take(table, primitives.add(step, 1.0))
    between = primitives.multiply(primitives.subtract(right, left), primitives.subtract(place, step))
    x = primitives.reshape(primitives.power(primitives.add(left, between), 1.0 / alpha), ())
    return primitives.select(primitives.greater(draw, 0.5), primitives.subtract(1.0, x), x)


def _lower_half(alpha: float) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """t for as many values of the distribution function from 0 to 1/2."""
    t = np.linspace(0.0, 0.5**alpha, _FINE_STEPS)
    density = (1.0 - t ** (1.0 / alpha)) ** (alpha - 1.0)
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)])
    return np.interp(np.linspace(0.0, below[-1], _STEPS + 1), below, t).astype(np.float32)


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
