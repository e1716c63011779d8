"""Values joined, taken apart, and parts of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from planish import ops
from planish.convert.graphs.folding import equal_parts
from planish.convert.operators.arithmetic import together
from planish.convert.operators.reshaping import without_axes
from planish.convert.operators.site import Made, Site, axes_of, image_axis, operator
from planish.convert.operators.value import Value, channels_last, last, unmixed
from planish.convert.operators.windows import MOST, bordered
from planish.layers import Concatenate

_BATCH = "planish keeps the images of a batch apart"
_MODES = {"reflect": "reflect", "edge": "edge", "constant": "constant", "wrap": "wrap"}


@operator("Concat")
def concatenate(site: Site) -> Value:
    items = [item for item in site.inputs if item is not None]
    axis = image_axis(site, "axis", 1, site.values()[0].rank)
    values = together(site, [unmixed(item, [axis]) for item in items if isinstance(item, Value)])
    if len(items) == 1:
        return values[0]
    if len(values) == len(items):
        return values[0].like(site.layer(Concatenate, axis=values[0].place(axis))([each.tensor for each in values]))
    tensors = iter([value.tensor for value in values])
    first = unmixed(values[0])
    parts = [next(tensors) if isinstance(item, Value) else _beside(site, item, first) for item in items]
    return first.like(site.named(ops.concatenate(parts, axis=first.place(axis))))


def _beside(site: Site, array: np.ndarray[Any, Any], value: Value) -> np.ndarray[Any, Any]:
    """A constant that is the same for all images."""
    if array.ndim != value.rank or array.shape[0] != 1:
        raise site.mistake("the constant is not the same for all images", received=array.shape)
    return np.ascontiguousarray(array.transpose(value.order), np.float32)


@operator("Split")
def split(site: Site) -> Made:
    value = site.value()
    axis = image_axis(site, "axis", 0, value.rank)
    value = unmixed(value, [axis])
    extent = value.sizes[value.place(axis) - 1]
    count = int(site.setting("num_outputs", len(site.operation.outputs)))
    sizes = site.numbers(1, "split") or equal_parts(extent, count)
    if sum(sizes) != extent or min(sizes) < 1 or len(sizes) < len(site.operation.outputs):
        raise site.mistake("the parts do not make up the whole", expected=extent, received=sizes)
    if len(sizes) == 1:
        return value
    ends = [int(end) for end in np.cumsum(sizes)[:-1]]
    parts = ops.split(value.tensor, ends, axis=value.place(axis))
    site.named(parts[0])
    return [value.like(part) for part in parts]


@operator("Slice")
def slice_of(site: Site) -> Value:
    value = site.value()
    starts, ends = site.numbers(1, "starts") or (), site.numbers(2, "ends") or ()
    axes = axes_of(site, site.numbers(3, "axes") or tuple(range(len(starts))), value.rank)
    steps = site.numbers(4, "steps") or (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) or 0 in steps:
        raise site.mistake("starts, ends, axes and steps do not go together", received=f"{starts}, {ends}, {axes}")
    wanted = {axis: slice(start, end, step) for axis, start, end, step in zip(axes, starts, ends, steps, strict=True)}
    return _part(site, value, wanted)


def _part(site: Site, value: Value, wanted: dict[int, slice]) -> Value:
    if 0 in wanted:
        cut = wanted.pop(0)
        if (cut.start, cut.step) != (0, 1) or cut.stop < 1 << 30:
            raise site.mistake(_BATCH, expected="all images", received=f"images {cut.start} to {cut.stop}")
    found = {axis: _places(cut, value.sizes[value.place(axis) - 1]) for axis, cut in wanted.items()}
    found = {axis: places for axis, places in found.items() if list(places) != [*range(value.shape[axis] or 0)]}
    if any(not len(places) for places in found.values()):
        raise site.mistake("nothing is left", received=f"a part of a value of shape {value.shape}")
    value = unmixed(value, [*found])
    forwards = {axis: places for axis, places in found.items() if places.step > 0}
    if forwards:
        key = [slice(None)] * value.rank
        for axis, places in forwards.items():
            key[value.place(axis)] = slice(places.start, places[-1] + 1, places.step)
        while key[-1] == slice(None):
            key.pop()
        value = value.like(site.named(ops.get_item(value.tensor, tuple(key))))
    for axis, places in found.items():
        if axis not in forwards:
            taken = ops.take(value.tensor, np.asarray(places, np.int32), axis=value.place(axis))
            value = value.like(site.named(taken))
    return value


def _places(cut: slice, extent: int) -> range:
    """ONNX's meaning: what lies outside is left out."""
    step = int(cut.step)
    low, high = (0, extent) if step > 0 else (-1, extent - 1)
    start, end = (int(place) + extent if place < 0 else int(place) for place in (cut.start, cut.stop))
    if step < 0 and cut.stop < -extent:
        end = -1
    return range(min(max(start, low if step > 0 else 0), high), min(max(end, low), high), step)


@operator("Gather")
def gather(site: Site) -> Value:
    value, indices = site.value(), site.constant(1, "the places")
    axis = image_axis(site, "axis", 0, value.rank)
    extent = value.sizes[value.place(axis) - 1]
    if indices.ndim > 1 or (indices.size and not -extent <= indices.min() <= indices.max() < extent):
        raise site.mistake("planish takes a list of places", expected=f"0 to {extent - 1}", received=indices.shape)
    value = unmixed(value, [axis])
    if indices.ndim:
        places = indices.astype(np.int32)
        return value.like(site.named(ops.take(value.tensor, places, axis=value.place(axis))))
    place = int(indices) % extent
    return without_axes(site, _part(site, value, {axis: slice(place, place + 1, 1)}), [axis])


@operator("Pad")
def pad(site: Site) -> Value:
    value = site.value()
    pads = site.numbers(1, "pads") or ()
    axes = axes_of(site, site.numbers(3, "axes") or tuple(range(value.rank)), value.rank)
    if len(pads) != 2 * len(axes) or max(map(abs, pads), default=0) > MOST:
        raise site.mistake("a border has two numbers for each axis", expected=2 * len(axes), received=pads)
    borders = [(0, 0)] * value.rank
    for place, axis in enumerate(axes):
        borders[axis] = (pads[place], pads[place + len(axes)])
    if any(borders[0]):
        raise site.mistake(_BATCH, expected="no border along axis 0", received=borders[0])
    mode = _MODES.get(str(site.setting("mode", "constant")))
    if mode is None:
        raise site.mistake("planish does not have this border", expected=[*_MODES], received=site.setting("mode", ""))
    given = site.bound(2)
    return _with_borders(site, value, borders, mode, 0.0 if given is None else float(given.reshape(-1)[0]))


def _with_borders(site: Site, value: Value, borders: list[tuple[int, int]], mode: str, fill: float) -> Value:
    value = unmixed(value, [axis for axis, border in enumerate(borders) if any(border)])
    cut = {axis: slice(max(-a, 0), (value.shape[axis] or 0) - max(-b, 0), 1) for axis, (a, b) in enumerate(borders)}
    value = _part(site, value, {axis: each for axis, each in cut.items() if axis and min(borders[axis]) < 0})
    added = [(max(first, 0), max(behind, 0)) for first, behind in borders]
    if not any(map(any, added)):
        return value
    in_space = value.rank in (3, 4, 5) and not any(added[1]) and mode == "constant" and fill == 0
    if in_space and value.order == channels_last(value.rank):
        return bordered(site, last(value), added[2:], fill)
    widths = tuple(added[axis] for axis in value.order)
    if mode == "wrap":
        return value.like(site.named(_wrapped(site, value, widths)))
    settings = {"constant_values": fill} if mode == "constant" and fill else {}
    return value.like(site.named(ops.pad(value.tensor, widths, mode=mode, **settings)))


def _wrapped(site: Site, value: Value, widths: tuple[tuple[int, int], ...]) -> Any:
    """In front of each axis what is at its end, and the other way round."""
    found = value.tensor
    for place, (before, behind) in enumerate(widths):
        extent = value.tensor.shape[place] or 0
        if max(before, behind) > extent:
            raise site.mistake("the border is wider than the map", expected=f"{extent} at most", received=widths[place])
        cut = (slice(None),) * place
        parts = [
            *([ops.get_item(found, (*cut, slice(extent - before, None)))] if before else []),
            found,
            *([ops.get_item(found, (*cut, slice(None, behind)))] if behind else []),
        ]
        found = ops.concatenate(parts, axis=place) if len(parts) > 1 else found
    return found
