"""A part of a tensor along an axis."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.primitives import linearity
from planish.primitives.axes import AxisSettings, axis_of
from planish.primitives.broadcasting import zeros_like
from planish.primitives.reaching import Reached, moved
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register


class SliceAxisSettings(AxisSettings):
    start: int
    stop: int


def _infer(inputs: Sequence[TensorType], settings: SliceAxisSettings) -> TensorType:
    (source,) = inputs
    axis = settings.axis
    extent = settings.stop - settings.start
    if not 0 <= settings.start < settings.stop <= source.shape[axis]:
        raise ValueError(f"entries {settings.start} to {settings.stop} are not in axis {axis} of {source}")
    return TensorType((*source.shape[:axis], extent, *source.shape[axis + 1 :]), source.dtype, source.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    settings = SliceAxisSettings.of(node)
    before = (slice(None),) * (settings.axis + node.batched)
    part: Array = x[(*before, slice(settings.start, settings.stop))]
    return part


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.concatenate import concatenate

    (source,) = node.inputs
    settings = SliceAxisSettings.of(node)
    axis, start, stop = settings.axis, settings.start, settings.stop
    zeros = zeros_like(source)
    before = [slice_axis(zeros, axis, 0, start)] if start else []
    after = [slice_axis(zeros, axis, stop, source.shape[axis])] if stop < source.shape[axis] else []
    return [concatenate([*before, g, *after], axis)]


def _reach(node: Node, region: Region) -> Reached:
    settings = SliceAxisSettings.of(node)
    axis = settings.axis
    yield node.inputs[0], (*region[:axis], moved(region[axis], settings.start), *region[axis + 1 :])


register(
    Primitive(
        name="slice_axis",
        settings=SliceAxisSettings,
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


def slice_axis(x: Node, axis: int, start: int, stop: int) -> Node:
    """Entries start .. stop - 1 along the per-image axis `axis`."""
    return make("slice_axis", [x], SliceAxisSettings(axis=axis_of(x, axis), start=int(start), stop=int(stop)))
