"""Sums of maps over the batch become sums of sums over each image, which a thread makes while the map is in its cache.

A sum over all pixels of all images otherwise reads a batch of maps from memory again. A variance needs the mean of
the batch first, but not the maps again: the sum over an image of (x - m)^2 is that of (x - a)^2, where a is the image's
own mean, and count * (a - m)^2; and no large numbers cancel.
"""

from __future__ import annotations

import math
from dataclasses import replace

from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.primitives.axes import AxesSettings
from planish.primitives.batch_sum import batch_sum
from planish.primitives.binary import add, multiply
from planish.primitives.reduce import reduce_sum
from planish.primitives.squared_deviation import squared_deviation

FEWEST_PIXELS = 8  # with fewer, the sums of an image are not small beside it


def sum_images_first(graph: Graph) -> Graph:
    return graph.rewrite(_of_sums)


def _of_sums(node: Node) -> Node | None:
    if node.op != "batch_sum":
        return None
    (x,) = node.inputs
    axes = AxesSettings.of(node).axes
    if axes != tuple(range(len(x.shape) - 1)) or math.prod(x.shape[:-1]) < FEWEST_PIXELS:
        return None
    deviation = x.op == "squared_deviation" and _of_channels(x)
    result = _deviations(*x.inputs) if deviation else batch_sum(_summed(x))
    return replace(result, layers=node.layers)


def _of_channels(deviation: Node) -> bool:
    """Whether it is the deviation of maps from one mean per channel."""
    maps, mean = deviation.inputs
    return maps.type == deviation.type and mean.shape == maps.shape[-1:] and not mean.batched


def _summed(x: Node) -> Node:
    return replace(reduce_sum(x, range(len(x.shape) - 1)), layers=x.layers)


def _deviations(x: Node, mean: Node) -> Node:
    count = float(math.prod(x.shape[:-1]))
    own = multiply(_summed(x), 1 / count)
    return batch_sum(add(_summed(squared_deviation(x, own)), multiply(squared_deviation(own, mean), count)))
