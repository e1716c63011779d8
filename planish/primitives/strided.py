"""Every so many elements along each axis, forwards or backwards; and elements set apart in a tensor of one value, which
is the gradient of the former, and a border on any axes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register


def _check_inside(shape: Sequence[int], starts: Sequence[int], counts: Sequence[int], steps: Sequence[int]) -> None:
    """ValueError unless every position is inside of the axes."""
    if not len(shape) == len(starts) == len(counts) == len(steps):
        raise mistake("a start, a count and a step are needed for each axis", expected=len(shape), received=len(starts))
    for axis, (extent, start, count, step) in enumerate(zip(shape, starts, counts, steps, strict=True)):
        last = start + (count - 1) * step
        if count < 1 or step == 0 or not (0 <= start < extent and 0 <= last < extent):
            raise mistake(
                f"{count} positions from {start} on, in steps of {step}, are not in axis {axis}",
                expected=f"positions 0 to {extent - 1}",
                received=f"{start} to {last}",
            )


def slices_of(starts: Sequence[int], counts: Sequence[int], steps: Sequence[int]) -> tuple[slice, ...]:
    """NumPy's slices of these positions; one that goes backwards beyond the first element ends at None."""
    ends = [start + count * step for start, count, step in zip(starts, counts, steps, strict=True)]
    return tuple(
        slice(start, end if end >= 0 else None, step) for start, end, step in zip(starts, ends, steps, strict=True)
    )


def _infer_slice(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    (source,) = inputs
    _check_inside(source.shape, attributes["starts"], attributes["counts"], attributes["steps"])
    return TensorType(attributes["counts"], source.dtype, source.batched)


def _slice(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = node.attributes
    picked = slices_of(settings["starts"], settings["counts"], settings["steps"])
    part: Array = x[(slice(None), *picked)] if node.batched else x[picked]
    return part


def _slice_grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [spread_strided(g, node.inputs[0].shape, node.attributes["starts"], node.attributes["steps"])]


def _infer_spread(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    (source,) = inputs
    _check_inside(attributes["shape"], attributes["starts"], source.shape, attributes["steps"])
    return TensorType(attributes["shape"], source.dtype, source.batched)


def _spread(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = node.attributes
    batch = (len(x),) if node.batched else ()
    y = np.full((*batch, *node.shape), settings["value"], x.dtype)
    y[(slice(None),) * len(batch) + slices_of(settings["starts"], node.inputs[0].shape, settings["steps"])] = x
    return y


def _spread_grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [slice_strided(g, node.attributes["starts"], node.inputs[0].shape, node.attributes["steps"])]


register("slice_strided", _infer_slice, _slice, _slice_grad)
register("spread_strided", _infer_spread, _spread, _spread_grad)


def slice_strided(x: Node, starts: Sequence[int], counts: Sequence[int], steps: Sequence[int]) -> Node:
    """Elements start, start + step, ... of each per-image axis, `counts` of them; steps may be negative."""
    whole = tuple(counts) == x.shape and all(step == 1 for step in steps)
    return x if whole else make("slice_strided", [x], **_integers(starts=starts, counts=counts, steps=steps))


def spread_strided(
    x: Node, shape: Sequence[int], starts: Sequence[int], steps: Sequence[int], value: float = 0.0
) -> Node:
    """A tensor of `shape` in which `x` is at `starts`, its elements `steps` apart, and `value` is everywhere else."""
    settings = _integers(shape=shape, starts=starts, steps=steps)
    whole = settings["shape"] == x.shape and all(step == 1 for step in steps)
    return x if whole else make("spread_strided", [x], **settings, value=float(value))


def _integers(**settings: Sequence[int]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(int(number) for number in numbers) for name, numbers in settings.items()}
