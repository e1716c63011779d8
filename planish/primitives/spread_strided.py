"""Elements set apart in a tensor of one value: the gradient of `slice_strided`, and a border on any axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register
from planish.primitives.strides import check_inside, integers, slices_of


class SpreadStridedSettings(Settings):
    shape: tuple[int, ...]
    starts: tuple[int, ...]
    steps: tuple[int, ...]
    value: float


def _infer(inputs: Sequence[TensorType], settings: SpreadStridedSettings) -> TensorType:
    (source,) = inputs
    check_inside(settings.shape, settings.starts, source.shape, settings.steps)
    return TensorType(settings.shape, source.dtype, source.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = SpreadStridedSettings.of(node)
    batch = (len(x),) if node.batched else ()
    y = np.full((*batch, *node.shape), settings.value, x.dtype)
    y[(slice(None),) * len(batch) + slices_of(settings.starts, node.inputs[0].shape, settings.steps)] = x
    return y


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.slice_strided import slice_strided

    settings = SpreadStridedSettings.of(node)
    return [slice_strided(g, settings.starts, node.inputs[0].shape, settings.steps)]


def _reach(node: Node, region: Region) -> Reached:
    """Positions between the elements and around them are padding: only those that are elements reach anything."""
    settings = SpreadStridedSettings.of(node)
    steps = zip(region, settings.starts, settings.steps, strict=True)
    reached = tuple(
        frozenset((place - start) // step for place in places if (place - start) % step == 0)
        for places, start, step in steps
    )
    if all(reached):
        yield node.inputs[0], reached


register(
    Primitive(
        name="spread_strided",
        settings=SpreadStridedSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=_reach,
        linear=linearity.in_all,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def spread_strided(
    x: Node, shape: Sequence[int], starts: Sequence[int], steps: Sequence[int], value: float = 0.0
) -> Node:
    """A tensor of `shape` in which `x` is at `starts`, its elements `steps` apart, and `value` is everywhere else."""
    settings = SpreadStridedSettings(
        shape=integers(shape), starts=integers(starts), steps=integers(steps), value=float(value)
    )
    whole = settings.shape == x.shape and all(step == 1 for step in steps)
    return x if whole else make("spread_strided", [x], settings)
