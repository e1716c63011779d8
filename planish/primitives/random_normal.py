"""Normally distributed random numbers, made of uniform ones (Box and Muller, 1958)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from planish.graph.node import Node
from planish.primitives.binary import multiply, subtract
from planish.primitives.random_uniform import random_uniform
from planish.primitives.unary import cos, log, sqrt


def random_normal(seed: Node, shape: Sequence[int], streams: tuple[int, int]) -> Node:
    """f32[N, *shape] of mean 0 and variance 1, no further from 0 than 5.8, from two streams of a seed (an i32 scalar).

    sqrt(-2 log(1 - u)) * cos(2 pi v) for uniform u and v: 1 - u is never 0.
    """
    u, v = (random_uniform(seed, shape, stream) for stream in streams)
    radius = sqrt(multiply(log(subtract(1.0, u)), -2.0))
    return multiply(radius, cos(multiply(v, 2 * math.pi)))
