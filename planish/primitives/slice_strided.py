"""Every so many elements along each axis, forwards or backwards."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register
from planish.primitives.strides import check_inside, integers, slices_of


class SliceStridedSettings(Settings):
    starts: tuple[int, ...]
    counts: tuple[int, ...]
    steps: tuple[int, ...]


def _infer(inputs: Sequence[TensorType], settings: SliceStridedSettings) -> TensorType:
    (source,) = inputs
    check_inside(source.shape, settings.starts, settings.counts, settings.steps)
    return TensorType(settings.counts, source.dtype, source.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = SliceStridedSettings.of(node)
    picked = slices_of(settings.starts, settings.counts, settings.steps)
    part: Array = x[(slice(None), *picked)] if node.batched else x[picked]
    return part


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.spread_strided import spread_strided

    settings = SliceStridedSettings.of(node)
    return [spread_strided(g, node.inputs[0].shape, settings.starts, settings.steps)]


def _reach(node: Node, region: Region) -> Reached:
    settings = SliceStridedSettings.of(node)
    steps = zip(region, settings.starts, settings.steps, strict=True)
    yield node.inputs[0], tuple(frozenset(start + place * step for place in places) for places, start, step in steps)


register(
    Primitive(
        name="slice_strided",
        settings=SliceStridedSettings,
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


def slice_strided(x: Node, starts: Sequence[int], counts: Sequence[int], steps: Sequence[int]) -> Node:
    """Elements start, start + step, ... of each per-image axis, `counts` of them; steps may be negative."""
    whole = tuple(counts) == x.shape and all(step == 1 for step in steps)
    settings = SliceStridedSettings(starts=integers(starts), counts=integers(counts), steps=integers(steps))
    return x if whole else make("slice_strided", [x], settings)
