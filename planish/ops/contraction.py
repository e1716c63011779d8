"""Products of two nodes, summed over axes that they share: what `einsum` says in letters.

Axes have labels, the batch axis among them. Where one of the two is a matrix that all images share, the product is
that of a dense layer; of values of images, it is one of matrices. What is neither is multiplied and summed.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

from planish import primitives
from planish.graph.node import Node
from planish.ops import nodes

Labels = Sequence[Hashable]


def contracted(a: Node, of_a: Labels, b: Node, of_b: Labels, result: Labels) -> Node:
    """The sum, over the labels that are not in `result`, of the products of `a` and `b`.

    ValueError if the batch axis would not come first in the result.
    """
    a, of_a, b, of_b = _without_ones(a, of_a, b, of_b)
    batch = of_a[0] if a.batched else of_b[0] if b.batched else None
    if a.batched and b.batched and of_a[0] != of_b[0]:
        raise _no_batch("the batch axis of one value would meet another axis of the other one")
    if batch is not None and batch in result and result[0] != batch:
        raise _no_batch("the batch axis would not be the first of the result")
    if batch is not None and (batch in of_a[a.batched :] or batch in of_b[b.batched :]):
        raise _no_batch("the batch axis of a value would meet an axis of a value that all images share")
    for x, of_x, w, of_w in ((a, of_a, b, of_b), (b, of_b, a, of_a)):
        if _is_dense(x, of_x, w, of_w, result):
            return _dense(x, of_x, w, of_w, result)
    if batch in result and _are_matrices(a, of_a, b, of_b, result):
        return _matrices(a, of_a, b, of_b, result)
    return _multiplied(a, of_a, b, of_b, result)


def _without_ones(a: Node, of_a: Labels, b: Node, of_b: Labels) -> tuple[Node, Labels, Node, Labels]:
    """An axis of extent 1 in front of a value that all images share may stand for the batch axis."""
    if a.batched and not b.batched and of_b and of_b[0] == of_a[0] and b.shape[0] == 1:
        return a, of_a, primitives.reshape(b, b.shape[1:]), of_b[1:]
    if b.batched and not a.batched and of_a and of_a[0] == of_b[0] and a.shape[0] == 1:
        return primitives.reshape(a, a.shape[1:]), of_a[1:], b, of_b
    return a, of_a, b, of_b


def _no_batch(what: str) -> ValueError:
    return nodes.mistake(
        f"this product cannot be compiled: {what}", rule="every image is computed by itself, along the first axis"
    )


def _is_dense(x: Node, of_x: Labels, w: Node, of_w: Labels, result: Labels) -> bool:
    """Whether `w` is a matrix: what it shares with `x` is summed over, and the rest is its own."""
    shared = [label for label in of_w if label in of_x]
    sizes = dict(zip(of_x[x.batched :], x.shape, strict=True))
    return (
        not w.batched
        and bool(shared)
        and not any(label in result for label in shared)
        and all(label in result for label in (*of_x, *of_w) if label not in shared)
        and all(sizes.get(label) == w.shape[of_w.index(label)] for label in shared)
    )


def _dense(x: Node, of_x: Labels, w: Node, of_w: Labels, result: Labels) -> Node:
    summed = [label for label in of_w if label in of_x]
    own = [label for label in of_x if label not in summed]
    columns = [label for label in of_w if label not in summed]
    rows, matrix = arranged(x, of_x, [*own, *summed]), arranged(w, of_w, [*summed, *columns])
    depth = math.prod(w.shape[of_w.index(label)] for label in summed)
    kept = rows.shape[: len(rows.shape) - len(summed)]
    wide = matrix.shape[len(summed) :]
    product = primitives.dense(
        primitives.reshape(rows, (*kept, depth)), primitives.reshape(matrix, (depth, math.prod(wide)))
    )
    return arranged(primitives.reshape(product, (*kept, *wide)), [*own, *columns], result)


def _sizes(x: Node, labels: Labels) -> dict[Hashable, int]:
    return dict(zip(labels[x.batched :], x.shape, strict=True))


def _are_matrices(a: Node, of_a: Labels, b: Node, of_b: Labels, result: Labels) -> bool:
    """Whether each label is of rows, of columns, of sums of products, or of one product beside the other."""
    first, second = _sizes(a, of_a), _sizes(b, of_b)
    summed = [label for label in first if label in second and label not in result]
    alone = [label for label in (*first, *second) if label not in result and label not in summed]
    return bool(summed) and not alone and all(first[label] == second[label] for label in first if label in second)


def _matrices(a: Node, of_a: Labels, b: Node, of_b: Labels, result: Labels) -> Node:
    first, second = _sizes(a, of_a), _sizes(b, of_b)
    beside = [label for label in first if label in second and label in result]
    summed = [label for label in first if label in second and label not in result]
    rows = [label for label in first if label not in second]
    columns = [label for label in second if label not in first]
    left = _matrix(a, of_a, first, beside, rows, summed)
    product = primitives.matmul(left, _matrix(b, of_b, second, beside, summed, columns))
    extents = [(first | second)[label] for label in (*beside, *rows, *columns)]
    batch = [of_a[0]] if a.batched else [of_b[0]] if b.batched else []
    return arranged(primitives.reshape(product, extents), [*batch, *beside, *rows, *columns], result)


def _matrix(x: Node, labels: Labels, sizes: dict[Hashable, int], beside: Labels, rows: Labels, columns: Labels) -> Node:
    moved = arranged(x, labels, [*labels[: x.batched], *beside, *rows, *columns])
    extents = [sizes[label] for label in beside]
    return primitives.reshape(
        moved, (*extents, math.prod(sizes[label] for label in rows), math.prod(sizes[label] for label in columns))
    )


def arranged(x: Node, labels: Labels, order: Labels) -> Node:
    """The same axes in another order."""
    places = [[*labels].index(label) for label in order]
    return (
        primitives.transpose(x, [place - 1 for place in places[1:]] if x.batched else places)
        if (places != sorted(places))
        else x
    )


def _multiplied(a: Node, of_a: Labels, b: Node, of_b: Labels, result: Labels) -> Node:
    summed = [label for label in dict.fromkeys([*of_a, *of_b]) if label not in result]
    batch = of_a[0] if a.batched else of_b[0] if b.batched else None
    order = [label for label in (*result, *summed) if label != batch]
    product = primitives.multiply(_spread(a, of_a, order), _spread(b, of_b, order))
    axes = tuple(order.index(label) for label in summed if label != batch)
    if batch in summed:
        return primitives.batch_sum(product, axes)
    return primitives.reduce_sum(product, axes) if axes else product


def _spread(x: Node, labels: Labels, order: Labels) -> Node:
    """The axes of an image in `order`, with new ones of extent 1 for what the value does not have."""
    own = labels[x.batched :]
    sizes = dict(zip(own, x.shape, strict=True))
    kept = [label for label in order if label in sizes]
    places = [[*own].index(label) for label in kept]
    moved = primitives.transpose(x, places) if places != sorted(places) else x
    return primitives.reshape(moved, [sizes.get(label, 1) for label in order])


def reduced(x: Node, labels: Labels, result: Labels) -> Node:
    """One value summed over the labels that are not in `result`, and in its order."""
    summed = tuple(place for place, label in enumerate(labels) if label not in result)
    kept = [label for label in labels if label in result]
    axes = tuple(place - x.batched for place in summed if not (x.batched and place == 0))
    if x.batched and 0 in summed:
        total = primitives.batch_sum(x, axes)
    else:
        total = primitives.reduce_sum(x, axes) if axes else x
    if total.batched and result[0] != labels[0]:
        raise _no_batch("the batch axis would not be the first of the result")
    return arranged(total, kept, result)
