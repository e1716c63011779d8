"""Running sums and products along an axis, and their common form: y[k] = a[k] * y[k - 1] + b[k].

With `reverse`, from the last entry to the first: y[k] = a[k] * y[k + 1] + b[k]. The first entry in that order is b's.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.axes import axis_of
from planish.primitives.binary import add, multiply
from planish.primitives.broadcasting import zeros_like
from planish.primitives.concatenate import concatenate, slice_axis
from planish.primitives.mistake import check_values
from planish.primitives.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    check_values("a running sum or product", *inputs)
    if any(type_ != inputs[0] for type_ in inputs):
        raise ValueError(f"the operands of a scan have one type, not {' and '.join(map(str, inputs))}")
    return inputs[0]


def _define(name: str, step: Callable[..., Array], grad: Callable[[Node, Node], Sequence[Node | None]]) -> None:
    """`step(before, *entries)` is the next entry of the result."""

    def reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
        moved = [np.moveaxis(x, node.attributes["axis"] + node.batched, 0) for x in arrays]
        result = np.array(moved[-1])
        order = range(len(result))[:: -1 if node.attributes["reverse"] else 1]
        for before, place in itertools.pairwise(order):
            result[place] = step(result[before], *(x[place] for x in moved))
        return np.moveaxis(result, 0, node.attributes["axis"] + node.batched)

    register(name, _infer, reference, grad)


def _cumsum_grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [_scan("cumsum", [g], node.attributes["axis"], not node.attributes["reverse"])]


def _cumprod_grad(node: Node, g: Node) -> Sequence[Node | None]:
    """The product of what came before x[k], times a sum that needs no division by x[k]: s[k] = g[k] + x[k+1] s[k+1]."""
    (x,), axis, reverse = node.inputs, node.attributes["axis"], node.attributes["reverse"]
    behind = _scan("linear_scan", [_moved(x, axis, 1.0, forward=reverse), g], axis, not reverse)
    return [multiply(_moved(node, axis, 1.0, forward=not reverse), behind)]


def _linear_grad(node: Node, g: Node) -> Sequence[Node | None]:
    (a, _), axis, reverse = node.inputs, node.attributes["axis"], node.attributes["reverse"]
    behind = _scan("linear_scan", [_moved(a, axis, 0.0, forward=reverse), g], axis, not reverse)
    return [multiply(_moved(node, axis, 0.0, forward=not reverse), behind), behind]


def _moved(x: Node, axis: int, fill: float, *, forward: bool) -> Node:
    """Each entry where the next one was (or the one before), and `fill` at the free end."""
    extent = x.shape[axis]
    kept = (0, extent - 1) if forward else (1, extent)
    end = add(zeros_like(slice_axis(x, axis, 0, 1)), fill)
    if extent == 1:
        return end
    part = slice_axis(x, axis, *kept)
    return concatenate([end, part] if forward else [part, end], axis)


_define("cumsum", lambda before, x: before + x, _cumsum_grad)
_define("cumprod", lambda before, x: before * x, _cumprod_grad)
_define("linear_scan", lambda before, a, b: a * before + b, _linear_grad)


def _scan(name: str, inputs: Sequence[Node], axis: int, reverse: bool) -> Node:
    return make(name, inputs, axis=axis_of(inputs[0], axis), reverse=bool(reverse))


def cumsum(x: Node, axis: int, reverse: bool = False) -> Node:
    """The sums of all entries up to each one along a per-image axis."""
    return _scan("cumsum", [x], axis, reverse)


def cumprod(x: Node, axis: int, reverse: bool = False) -> Node:
    """The products of all entries up to each one along a per-image axis."""
    return _scan("cumprod", [x], axis, reverse)


def linear_scan(a: Node, b: Node, axis: int, reverse: bool = False) -> Node:
    """y[k] = a[k] * y[k - 1] + b[k] along a per-image axis; a[0] is not used."""
    return _scan("linear_scan", [a, b], axis, reverse)
