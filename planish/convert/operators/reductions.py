"""Sums, means and the like along axes of each image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from planish import ops
from planish.convert.operators.site import Site, axes_of, operator
from planish.convert.operators.value import Mix, Value, channels_last, unmixed
from planish.layers import GlobalAveragePooling2D, GlobalMaxPooling2D

_POOLS: dict[str, Any] = {"ReduceMean": GlobalAveragePooling2D, "ReduceMax": GlobalMaxPooling2D}
_REDUCTIONS: dict[str, Callable[..., Any]] = {
    "ReduceMean": ops.mean,
    "ReduceMax": ops.max,
    "ReduceMin": ops.min,
    "ReduceSum": ops.sum,
    "ReduceProd": ops.prod,
    "ReduceLogSumExp": ops.logsumexp,
    "ReduceL1": lambda x, **axes: ops.sum(ops.absolute(x), **axes),
    "ReduceL2": lambda x, **axes: ops.sqrt(ops.sum(ops.square(x), **axes)),
    "ReduceSumSquare": lambda x, **axes: ops.sum(ops.square(x), **axes),
    "ReduceLogSum": lambda x, **axes: ops.log(ops.sum(x, **axes)),
}


@operator(*_REDUCTIONS)
def reduction(site: Site) -> Value:
    value = site.value()
    given = site.numbers(1, "axes")
    if not given and site.setting("noop_with_empty_axes", 0):
        return value
    axes = axes_of(site, given, value.rank) if given else tuple(range(value.rank))
    if 0 in axes:
        raise site.mistake(
            "it would mix the images of a batch",
            expected="axes of an image: 1 or more",
            received=f"axes {axes}" if given else "all axes",
            remedy="export a network that gives an answer for each image: "
            "in PyTorch x.mean(dim=(1, 2, 3)), not x.mean()",
        )
    keep = bool(site.setting("keepdims", 1))
    kind, places = site.operation.kind, tuple(sorted(value.place(axis) for axis in axes))
    is_pool = kind in _POOLS and value.order == channels_last(4) and sorted(axes) == [2, 3]
    if is_pool:
        tensor = site.layer(_POOLS[kind], keepdims=keep)(value.tensor)
    else:
        tensor = site.named(_REDUCTIONS[kind](value.tensor, axis=places, keepdims=keep))
    return _arranged_without(value, tensor, axes, keep)


def _arranged_without(value: Value, tensor: Any, axes: tuple[int, ...], keep: bool) -> Value:
    mixes = {axis: mix for axis, mix in value.mixes.items() if axis not in axes}
    if keep:
        return Value(tensor, value.order, mixes)
    left = [axis for axis in range(value.rank) if axis not in axes]
    renamed: dict[int, Mix] = {left.index(axis): mix for axis, mix in mixes.items()}
    return Value(tensor, tuple(left.index(axis) for axis in value.order if axis in left), renamed)


@operator("ArgMax", "ArgMin")
def place_of_extremum(site: Site) -> Value:
    value = site.value()
    (axis,) = axes_of(site, [int(site.setting("axis", 0))], value.rank)
    if axis == 0 or site.setting("select_last_index", 0):
        raise site.mistake("planish finds the first place in each image", expected="axis=1 or more")
    value = unmixed(value, [axis])
    function, keep = ops.argmax if site.operation.kind == "ArgMax" else ops.argmin, bool(site.setting("keepdims", 1))
    found = site.named(function(value.tensor, axis=value.place(axis), keepdims=keep))
    return _arranged_without(value, found, (axis,), keep)
