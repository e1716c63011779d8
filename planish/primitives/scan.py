"""Running sums and products along an axis, and their common form: y[k] = a[k] * y[k - 1] + b[k].

With `reverse`, from the last entry to the first: y[k] = a[k] * y[k + 1] + b[k]. The first entry in that order is b's.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives import linearity
from planish.primitives.axes import AxisSettings, axis_of
from planish.primitives.binary import add, multiply
from planish.primitives.broadcasting import zeros_like
from planish.primitives.concatenate import concatenate
from planish.primitives.mistake import check_values
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region
from planish.primitives.registry import (
    NO_PRODUCTS,
    NOT_LINEAR,
    Array,
    Environment,
    Linear,
    Primitive,
    Without,
    make,
    register,
)
from planish.primitives.slice_axis import slice_axis


class ScanSettings(AxisSettings):
    reverse: bool


def _infer(inputs: Sequence[TensorType], settings: ScanSettings) -> TensorType:
    check_values("a running sum or product", *inputs)
    if any(type_ != inputs[0] for type_ in inputs):
        raise ValueError(f"the operands of a scan have one type, not {' and '.join(map(str, inputs))}")
    return inputs[0]


def _define(
    name: str,
    step: Callable[..., Array],
    grad: Callable[[Node, Node], Sequence[Node | None]],
    linear: Linear | Without,
) -> None:
    """`step(before, *entries)` is the next entry of the result."""

    def reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
        settings = ScanSettings.of(node)
        axis = settings.axis + node.batched
        moved = [np.moveaxis(x, axis, 0) for x in arrays]
        result = np.array(moved[-1])
        order = range(len(result))[:: -1 if settings.reverse else 1]
        for before, place in itertools.pairwise(order):
            result[place] = step(result[before], *(x[place] for x in moved))
        return np.moveaxis(result, 0, axis)

    register(
        Primitive(
            name=name,
            settings=ScanSettings,
            infer=_infer,
            reference=reference,
            gradient=grad,
            reach=_reach,
            linear=linear,
            tail=False,
            monotone=False,
            elementwise=False,
            multiply_adds=NO_PRODUCTS,
        )
    )


def _cumsum_grad(node: Node, g: Node) -> Sequence[Node | None]:
    settings = ScanSettings.of(node)
    return [_scan("cumsum", [g], settings.axis, not settings.reverse)]


def _cumprod_grad(node: Node, g: Node) -> Sequence[Node | None]:
    """The product of what came before x[k], times a sum that needs no division by x[k]: s[k] = g[k] + x[k+1] s[k+1]."""
    (x,), settings = node.inputs, ScanSettings.of(node)
    axis, reverse = settings.axis, settings.reverse
    behind = _scan("linear_scan", [_moved(x, axis, 1.0, forward=reverse), g], axis, not reverse)
    return [multiply(_moved(node, axis, 1.0, forward=not reverse), behind)]


def _linear_grad(node: Node, g: Node) -> Sequence[Node | None]:
    (a, _), settings = node.inputs, ScanSettings.of(node)
    axis, reverse = settings.axis, settings.reverse
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


def _reach(node: Node, region: Region) -> Reached:
    """Everything along the axis, at most."""
    axis = ScanSettings.of(node).axis
    for source in node.inputs:
        yield source, (*region[:axis], frozenset(range(source.shape[axis])), *region[axis + 1 :])


_define("cumsum", lambda before, x: before + x, _cumsum_grad, linearity.in_all)
_define("cumprod", lambda before, x: before * x, _cumprod_grad, NOT_LINEAR)
_define("linear_scan", lambda before, a, b: a * before + b, _linear_grad, NOT_LINEAR)


def _scan(name: str, inputs: Sequence[Node], axis: int, reverse: bool) -> Node:
    return make(name, inputs, ScanSettings(axis=axis_of(inputs[0], axis), reverse=bool(reverse)))


def cumsum(x: Node, axis: int, reverse: bool = False) -> Node:
    """The sums of all entries up to each one along a per-image axis."""
    return _scan("cumsum", [x], axis, reverse)


def cumprod(x: Node, axis: int, reverse: bool = False) -> Node:
    """The products of all entries up to each one along a per-image axis."""
    return _scan("cumprod", [x], axis, reverse)


def linear_scan(a: Node, b: Node, axis: int, reverse: bool = False) -> Node:
    """y[k] = a[k] * y[k - 1] + b[k] along a per-image axis; a[0] is not used."""
    return _scan("linear_scan", [a, b], axis, reverse)
