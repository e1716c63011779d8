"""The order of numbers along the last axis: places, as whole f32 numbers, and what is sorted by them.

Sorting is stable: equal numbers stay in their order. What is not a number comes last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import reaching
from planish.primitives.argmax import check_places
from planish.primitives.axes import axis_of
from planish.primitives.mistake import check_values, mistake
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, make, register
from planish.primitives.take_along_axis import take_along_axis
from planish.primitives.transpose import transpose
from planish.primitives.unary import negative


class SortPlacesSettings(Settings):
    count: int


def _infer(inputs: Sequence[TensorType], settings: SortPlacesSettings) -> TensorType:
    (source,), count = inputs, settings.count
    check_values("sorting", source)
    if not source.shape or not 1 <= count <= source.shape[-1]:
        raise mistake(
            "there are not that many numbers to sort",
            expected="as many as the last axis has, or fewer, but one at least",
            received=f"{count} of shape {source.shape}",
        )
    check_places("sorting", source.shape[-1])
    return TensorType((*source.shape[:-1], count), batched=source.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    places = np.argsort(x, axis=-1, kind="stable")[..., : SortPlacesSettings.of(node).count]
    return np.asarray(places, environment.dtype)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [None]


register(
    Primitive(
        name="sort_places",
        settings=SortPlacesSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=reaching.last_axis,
        linear=NOT_LINEAR,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def sort_places(x: Node, count: int) -> Node:
    """Where the `count` smallest numbers of the last axis are, in rising order."""
    return make("sort_places", [x], SortPlacesSettings(count=int(count)))


def argsort(x: Node, axis: int) -> Node:
    """Where the numbers along a per-image axis are, in rising order."""
    return _along(x, axis, lambda moved: sort_places(moved, moved.shape[-1]))


def sort(x: Node, axis: int) -> Node:
    """The numbers along a per-image axis in rising order."""
    return _along(x, axis, lambda moved: take_along_axis(moved, sort_places(moved, moved.shape[-1]), -1))


def top_k(x: Node, k: int) -> tuple[Node, Node]:
    """The `k` largest numbers of the last axis in falling order, and their places."""
    places = sort_places(negative(x), k)
    return take_along_axis(x, places, -1), places


def _along(x: Node, axis: int, function: Callable[[Node], Node]) -> Node:
    """The axis changes places with the last one, before and after."""
    order = list(range(len(x.shape)))
    place = axis_of(x, axis)
    order[place], order[-1] = order[-1], order[place]
    return transpose(function(transpose(x, order)), order)
