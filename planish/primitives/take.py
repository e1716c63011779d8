"""Entries of an axis by their numbers: rows of an embedding, columns in another order.

The gradient of weights is a sum over the batch (`take_batch_grad`), that of an image's own value is not (`take_grad`).

A number below zero counts from the end. One that names no entry gives NaN and gets no gradient; numbers of type f32 are
cut to whole ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.axes import axis_of
from planish.primitives.mistake import check_values, mistake
from planish.primitives.registry import Array, Environment, make, register


def check_numbers(what: str, x: TensorType, indices: TensorType) -> None:
    check_values(what, x)
    if indices.dtype not in ("i32", "f32"):
        raise mistake(f"{what} needs numbers of entries", expected="i32 or f32 values", received=indices)


def numbers_of(indices: Array, extent: int) -> tuple[Array, Array]:
    """Numbers from 0 on, and whether each names an entry; those that do not are 0."""
    whole = np.trunc(indices)
    named = (whole >= -extent) & (whole < extent)
    numbers = np.where(named, whole, 0).astype(np.int64)
    return np.where(numbers < 0, numbers + extent, numbers), named


def images_of(arrays: Sequence[Array], node: Node) -> list[tuple[Array, ...]]:
    """The operands of each image; there is one set of them if none has a batch axis."""
    count = max((len(array) for array, source in zip(arrays, node.inputs, strict=True) if source.batched), default=1)
    return [
        tuple(array[image] if source.batched else array for array, source in zip(arrays, node.inputs, strict=True))
        for image in range(count)
    ]


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    x, indices = inputs
    check_numbers("take", x, indices)
    axis = attributes["axis"]
    shape = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    return TensorType(shape, batched=x.batched or indices.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    picked = np.stack([_taken(x, indices, node.attributes["axis"]) for x, indices in images_of(arrays, node)])
    return picked if node.batched else picked[0]


def _taken(x: Array, indices: Array, axis: int) -> Array:
    numbers, named = numbers_of(indices, x.shape[axis])
    named = named.reshape(*named.shape, *(1,) * (x.ndim - axis - 1))
    taken: Array = np.where(named, np.take(x, numbers, axis), np.asarray(np.nan, x.dtype))
    return taken


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    x, indices = node.inputs
    name = "take_batch_grad" if node.batched and not x.batched else "take_grad"
    return [make(name, [g, indices], axis=node.attributes["axis"], shape=x.shape), None]


def _infer_grad(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    g, indices = inputs
    check_numbers("the gradient of take", g, indices)
    axis, shape = attributes["axis"], attributes["shape"]
    if g.shape != (*shape[:axis], *indices.shape, *shape[axis + 1 :]):
        raise mistake("a gradient of take that is not of its result's shape", received=f"{g} for {indices} of {shape}")
    return TensorType(shape, batched=g.batched or indices.batched)


def _infer_batch_grad(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    result = _infer_grad(inputs, attributes)
    if not result.batched:
        raise mistake("a sum over the batch needs one tensor per image", received=inputs[0])
    return TensorType(result.shape, batched=False)


def _grad_reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    axis = node.attributes["axis"]
    each = [_scattered(g, indices, node.shape, axis) for g, indices in images_of(arrays, node)]
    return np.stack(each) if node.batched else np.asarray(sum(each))


def _scattered(g: Array, indices: Array, shape: tuple[int, ...], axis: int) -> Array:
    numbers, named = numbers_of(indices, shape[axis])
    y = np.zeros(shape, g.dtype)
    entries, rows = np.moveaxis(y, axis, 0), np.moveaxis(g.reshape(*shape[:axis], -1, *shape[axis + 1 :]), axis, 0)
    for row, number, there in zip(rows, numbers.ravel(), named.ravel(), strict=True):
        if there:
            entries[number] += row
    return y


def _grad_grad(node: Node, g: Node) -> Sequence[Node | None]:
    source, indices = node.inputs
    taken = take(g, indices, node.attributes["axis"])
    return [taken if taken.type == source.type else None, None]


register("take", _infer, _reference, _grad)
register("take_grad", _infer_grad, _grad_reference, _grad_grad)
register("take_batch_grad", _infer_batch_grad, _grad_reference, _grad_grad)


def take(x: Node, indices: Node, axis: int = 0) -> Node:
    """Entries of the per-image axis `axis`: x[..., n, ...], indices[...] -> x.shape with `indices.shape` for the axis.

    Where both have a batch axis, each image's indices are for its own entries.
    """
    return make("take", [x, indices], axis=axis_of(x, axis))
