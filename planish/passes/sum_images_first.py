"""Sums of maps over the batch become sums of sums over each image, which a thread makes while the map is in its cache.

A sum over all pixels of all images otherwise reads a batch of maps from memory again. A variance needs the mean of
the batch first, but not the maps again: the sum over an image of (x - m)^2 is that of (x - a)^2, where a is the image's
own mean, and count * (a - m)^2; and no large numbers cancel.

Of maps that are joined along their channels each is summed by itself. In a block of layers each of which normalizes
what all before it made, every map is summed once, and not once for each layer (`share_equal_nodes`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from planish.graph.graph import Graph
from planish.graph.node import Node
from planish.primitives.axes import AxesSettings, AxisSettings
from planish.primitives.batch_sum import batch_sum
from planish.primitives.binary import add, multiply
from planish.primitives.concatenate import concatenate
from planish.primitives.reduce import reduce_sum
from planish.primitives.squared_deviation import squared_deviation

FEWEST_PIXELS = 8  # with fewer, the sums of an image are not small beside it


def sum_images_first(graph: Graph) -> Graph:
    return graph.rewrite(_of_sums, only=("batch_sum",))


def _of_sums(node: Node) -> Node | None:
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
    return _together([_sum_of(part) for part in _joined(x)])


def _deviations(x: Node, mean: Node) -> Node:
    count = float(math.prod(x.shape[:-1]))
    parts = _joined(x)
    means = [multiply(_sum_of(part), 1 / count) for part in parts]
    deviations = [_sum_of(squared_deviation(part, own)) for part, own in zip(parts, means, strict=True)]
    between = multiply(squared_deviation(_together(means), mean), count)
    return batch_sum(add(_together(deviations), between))


def _joined(x: Node) -> list[Node]:
    """The maps that `x` joins along the channels, in their order; itself, if it joins none."""
    parts, left = [], [x]
    while left:
        part = left.pop()
        if part.op == "concatenate" and AxisSettings.of(part).axis == len(part.shape) - 1:
            left += reversed(part.inputs)
        else:
            parts.append(part)
    return parts


def _sum_of(x: Node) -> Node:
    """Over the pixels of an image, of every channel."""
    return replace(reduce_sum(x, range(len(x.shape) - 1)), layers=x.layers)


def _together(sums: Sequence[Node]) -> Node:
    return sums[0] if len(sums) == 1 else concatenate(sums, 0)
