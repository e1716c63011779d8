"""What the rules of reach have in common: which elements of its operands an element of a result depends on.

A rule gets a node and a region of its result, and gives regions of its operands. It does not look at weights: an
element belongs to the region if the result depends on it for some weights. Positions outside an operand stand for
padding: the unclipped form of a receptive field has them, the exact one does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from planish.graph.node import Node
from planish.primitives.regions import Places, Region

Reached = Iterator[tuple[Node, Region]]


def nothing(node: Node, region: Region) -> Reached:
    """Leaves, and random numbers, depend on no operand."""
    yield from ()


def by_element(node: Node, region: Region) -> Reached:
    """Axes are aligned from the last; an axis of one goes with every position."""
    for source in node.inputs:
        aligned = region[len(region) - len(source.shape) :]
        yield (
            source,
            tuple(
                frozenset({0}) if extent == 1 else places for places, extent in zip(aligned, source.shape, strict=True)
            ),
        )


def last_axis(node: Node, region: Region) -> Reached:
    """Dense layers and softmax mix all of the last axis, and leave the others alone."""
    source = node.inputs[0]
    yield source, (*region[:-1], frozenset(range(source.shape[-1])))


def everything(node: Node, region: Region) -> Reached:
    """Where an element comes from is computed, so it may be any."""
    for source in node.inputs:
        yield source, tuple(frozenset(range(extent)) for extent in source.shape)


def window(places: Places, size: int, stride: int, before: int, dilation: int = 1) -> Places:
    """The positions that windows at `places` see along an axis."""
    return frozenset(place * stride - before + tap * dilation for place in places for tap in range(size))


def moved(places: Places, offset: int) -> Places:
    return frozenset(place + offset for place in places) if offset else places
