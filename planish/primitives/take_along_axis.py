"""Entries of an axis by numbers that every other position has for itself: the score of each row's own class.

Numbers mean what they mean to `take`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.axes import axis_of
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register
from planish.primitives.take import check_numbers, images_of, numbers_of


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    x, indices = inputs
    check_numbers("take_along_axis", x, indices)
    axis = attributes["axis"]
    _check_others(x.shape, indices.shape, axis)
    return TensorType(indices.shape, batched=x.batched or indices.batched)


def _check_others(shape: tuple[int, ...], indices: tuple[int, ...], axis: int) -> None:
    if shape[:axis] + shape[axis + 1 :] != indices[:axis] + indices[axis + 1 :] or len(shape) != len(indices):
        raise mistake(
            "take_along_axis needs numbers for each position of the other axes",
            expected=f"the shape {shape}, of any extent along axis {axis}",
            received=indices,
        )


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    picked = np.stack([_taken(x, indices, node.attributes["axis"]) for x, indices in images_of(arrays, node)])
    return picked if node.batched else picked[0]


def _taken(x: Array, indices: Array, axis: int) -> Array:
    numbers, named = numbers_of(indices, x.shape[axis])
    taken: Array = np.where(named, np.take_along_axis(x, numbers, axis), np.asarray(np.nan, x.dtype))
    return taken


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.batch_sum import batch_sum

    x, indices = node.inputs
    each = make(
        "take_along_axis_grad", [g, indices], axis=node.attributes["axis"], extent=x.shape[node.attributes["axis"]]
    )
    return [batch_sum(each, ()) if each.batched and not x.batched else each, None]


def _infer_grad(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    g, indices = inputs
    check_numbers("the gradient of take_along_axis", g, indices)
    axis = attributes["axis"]
    shape = (*g.shape[:axis], attributes["extent"], *g.shape[axis + 1 :])
    if g.shape != indices.shape:
        raise mistake("a gradient of take_along_axis has the shape of its numbers", received=f"{g} for {indices}")
    return TensorType(shape, batched=g.batched or indices.batched)


def _grad_reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    each = [_scattered(g, indices, node.shape, node.attributes["axis"]) for g, indices in images_of(arrays, node)]
    return np.stack(each) if node.batched else each[0]


def _scattered(g: Array, indices: Array, shape: tuple[int, ...], axis: int) -> Array:
    numbers, named = numbers_of(indices, shape[axis])
    y = np.zeros(shape, g.dtype)
    for place in np.ndindex(g.shape):
        if named[place]:
            y[(*place[:axis], numbers[place], *place[axis + 1 :])] += g[place]
    return y


def _grad_grad(node: Node, g: Node) -> Sequence[Node | None]:
    source, indices = node.inputs
    taken = take_along_axis(g, indices, node.attributes["axis"])
    return [taken if taken.type == source.type else None, None]


register("take_along_axis", _infer, _reference, _grad)
register("take_along_axis_grad", _infer_grad, _grad_reference, _grad_grad)


def take_along_axis(x: Node, indices: Node, axis: int) -> Node:
    """x[..., n, ...] and indices of the same shape, of any extent along the per-image axis `axis` -> like indices."""
    return make("take_along_axis", [x, indices], axis=axis_of(x, axis))
