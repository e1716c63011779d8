"""Where the largest number along an axis is: the first of equal ones, as a whole f32 number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives.axes import axis_of
from planish.primitives.mistake import check_values, mistake
from planish.primitives.reduce import ReduceSettings, reach
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, make, register
from planish.primitives.unary import negative

MOST_PLACES = 2**24  # f32 has all whole numbers up to this one


def check_places(what: str, extent: int) -> None:
    """ValueError for an axis that is longer than places can be numbered."""
    if extent > MOST_PLACES:
        raise mistake(
            f"{what} along an axis that is too long",
            rule="places along an axis are numbers of type f32, which are exact up to 2**24",
            expected=f"{MOST_PLACES} entries or fewer",
            received=extent,
        )


def _infer(inputs: Sequence[TensorType], settings: ReduceSettings) -> TensorType:
    (source,) = inputs
    (axis,) = settings.axes
    check_values("argmax", source)
    check_places("argmax", source.shape[axis])
    kept = (1,) if settings.keepdims else ()
    return TensorType((*source.shape[:axis], *kept, *source.shape[axis + 1 :]), batched=source.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = ReduceSettings.of(node)
    (axis,) = settings.axes
    places = np.argmax(x, axis + node.batched, keepdims=settings.keepdims)
    return np.asarray(places, environment.dtype)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [None]


register(
    Primitive(
        name="argmax",
        settings=ReduceSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=reach,
        linear=NOT_LINEAR,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def argmax(x: Node, axis: int, keepdims: bool = False) -> Node:
    """The places of the largest numbers along a per-image axis; what is not a number is larger than all others."""
    return make("argmax", [x], ReduceSettings(axes=(axis_of(x, axis),), keepdims=bool(keepdims)))


def argmin(x: Node, axis: int, keepdims: bool = False) -> Node:
    """The places of the smallest numbers along a per-image axis; what is not a number is smaller than all others."""
    return argmax(negative(x), axis, keepdims)
