"""Means, sums and maxima along the last axis of outputs; as in Keras, this is the batch axis for outputs [n]."""

from __future__ import annotations

from planish import primitives
from planish.graph.node import Node


def mean(x: Node) -> Node:
    """The mean along the last axis. Of one number for each image, each is left as it is: the mean over the batch is the
    same, and sample weights have an effect (in Keras, they are an error there)."""
    return primitives.reduce_mean(x, _last(x)) if x.shape else x


def total(x: Node) -> Node:
    """The sum along the last axis; a single number is its own sum."""
    if x.shape:
        return primitives.reduce_sum(x, _last(x))
    return primitives.batch_sum(x) if x.batched else x


def largest(x: Node) -> Node:
    """The largest number along the last axis; a single number is its own."""
    if x.shape:
        return primitives.reduce_max(x, _last(x))
    return primitives.batch_max(x) if x.batched else x


def _last(x: Node) -> tuple[int]:
    return (len(x.shape) - 1,)
