"""Values in another shape. What a reshape joins or splits is found group by group, so that maps stay as they are
arranged: channels that are taken apart stay last, and a flattened map is one axis whose elements are mixed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from planish.convert.operators.site import Site
from planish.convert.operators.value import Mix, Value, arranged, given, unmixed
from planish.layers import Flatten, Reshape

Axes = tuple[int, ...]


@dataclass(frozen=True)
class Group:
    """Neighbouring axes of the old shape that become neighbouring axes of the new one."""

    old: Axes
    new: Axes


def reshaped(site: Site, value: Value, shape: Sequence[int]) -> Value:
    """The value with the extents `shape`, which begin behind the batch axis."""
    if value.order[0] != 0:
        raise site.mistake("the batch axis is not in front", rule="planish keeps the images of a batch apart")
    new = (None, *shape)
    if new == value.shape:
        return value
    groups = [*_groups(value.shape, new)]
    value = _made_ready(value, groups, new)
    order, mixes = _new_order(value, groups, new)
    return _emitted(site, value, tuple(order), mixes, new)


def _groups(old: Sequence[int | None], new: Sequence[int | None]) -> Iterator[Group]:
    """The smallest groups of axes with the same number of elements; the batch axis is left out."""
    i = j = 1
    while i < len(old) or j < len(new):
        first_i, first_j = i, j
        before, after = (old[i] or 1 if i < len(old) else 1), (new[j] or 1 if j < len(new) else 1)
        i, j = min(i + 1, len(old)), min(j + 1, len(new))
        while before != after:
            if before < after:
                before *= old[i] or 1
                i += 1
            else:
                after *= new[j] or 1
                j += 1
        yield Group(tuple(range(first_i, i)), tuple(range(first_j, j)))


def _wide(axes: Axes, shape: Sequence[int | None]) -> Axes:
    return tuple(axis for axis in axes if shape[axis] != 1)


def _made_ready(value: Value, groups: Sequence[Group], new: Sequence[int | None]) -> Value:
    """The value so that each group can be joined and split where it is."""
    apart: set[int] = set()
    for group in groups:
        old, wide = _wide(group.old, value.shape), _wide(group.new, new)
        if any(axis in value.mixes for axis in old) and not _keeps_mix(value, old, wide, new):
            apart.update(axis for axis in old if axis in value.mixes)
    value = unmixed(value, [*apart])
    for group in groups:
        old, wide = _wide(group.old, value.shape), _wide(group.new, new)
        stored = [axis for axis in value.order if axis in old]
        if not _together(value, old) or (stored != sorted(stored) and len(wide) != 1):
            value = _brought_together(value, old)
    return value


def _keeps_mix(value: Value, old: Axes, new: Axes, shape: Sequence[int | None]) -> bool:
    """Whether a mixed axis stays one, or becomes the very axes that it was joined of."""
    if len(old) != 1:
        return False
    parts = [extent for extent in value.mixes[old[0]].shape if extent != 1]
    return len(new) == 1 or parts == [shape[axis] for axis in new]


def _together(value: Value, axes: Axes) -> bool:
    """Whether nothing but axes of extent 1 is between the axes."""
    wide = [axis for axis in value.order[1:] if value.shape[axis] != 1]
    places = [wide.index(axis) for axis in axes]
    return not places or max(places) - min(places) + 1 == len(places)


def _brought_together(value: Value, axes: Axes) -> Value:
    """The axes in their own order, where the first of them is."""
    rest = [axis for axis in value.order if axis not in axes]
    first = next(place for place, axis in enumerate(value.order) if axis in axes)
    at = sum(axis not in axes for axis in value.order[:first])
    return arranged(value, (*rest[:at], *axes, *rest[at:]))


def _new_order(value: Value, groups: Sequence[Group], new: Sequence[int | None]) -> tuple[list[int], dict[int, Mix]]:
    """The new shape's axes in the order in which the tensor has them, and those that are mixed."""
    order, mixes = [0], {}
    of_axis = {axis: group for group in groups for axis in _wide(group.old, value.shape)}
    done: list[Group] = []
    for axis in value.order[1:]:
        group = of_axis.get(axis)
        if group is None or group in done:
            continue
        done.append(group)
        found, mix = _arrangement(value, group, new)
        order += found
        mixes.update(mix)
    rest = [axis for axis in range(1, len(new)) if axis not in order]
    return [*order, *rest], mixes


def _arrangement(value: Value, group: Group, new: Sequence[int | None]) -> tuple[list[int], dict[int, Mix]]:
    """A group's new axes in the order in which its elements are."""
    old, wide = _wide(group.old, value.shape), _wide(group.new, new)
    mix = value.mixes.get(old[0]) if len(old) == 1 else None
    if mix is not None and len(wide) == 1:
        return [*group.new], {wide[0]: mix}
    if mix is not None:
        parts = [place for place, extent in enumerate(mix.shape) if extent != 1]
        return [wide[parts.index(place)] for place in mix.order if place in parts], {}
    stored = [axis for axis in value.order if axis in old]
    if stored == sorted(stored):
        return [*group.new], {}
    joined = Mix(tuple(value.shape[axis] or 1 for axis in old), tuple(old.index(axis) for axis in stored))
    return [*group.new], {wide[0]: joined}


def _emitted(site: Site, value: Value, order: Axes, mixes: dict[int, Mix], new: Sequence[int | None]) -> Value:
    sizes = tuple(new[axis] or 1 for axis in order[1:])
    if sizes == value.sizes:
        return Value(value.tensor, order, mixes)
    before = value.tensor.record.inputs
    if isinstance(value.tensor.layer, Reshape) and before and before[0].shape == (None, *sizes):
        return Value(before[0], order, mixes)  # it was taken apart only for its axes to change their places
    layer = site.layer(Flatten) if len(sizes) == 1 else site.layer(Reshape, sizes)
    return Value(layer(value.tensor), order, mixes)


def flattened(site: Site, value: Value) -> Value:
    """[n, ...] as [n, features]."""
    return reshaped(site, value, (math.prod(value.sizes),))


def without_axes(site: Site, value: Value, axes: Sequence[int]) -> Value:
    """Without some axes of extent 1."""
    return reshaped(site, value, [extent or 1 for axis, extent in enumerate(value.shape) if axis not in axes and axis])


def with_axes(site: Site, value: Value, axes: Sequence[int]) -> Value:
    """With more axes of extent 1; the axes are those of the result."""
    extents = iter(value.shape)
    whole = [1 if axis in axes else next(extents) for axis in range(value.rank + len(axes))]
    return reshaped(site, value, [extent or 1 for extent in whole[1:]])


def turned(value: Value, axes: Sequence[int]) -> Value:
    """The network's transpose: only the words change."""
    where = {old: new for new, old in enumerate(axes)}
    order = tuple(where[axis] for axis in value.order)
    return replace(value, order=order, mixes={where[axis]: mix for axis, mix in value.mixes.items()})


__all__ = ["flattened", "given", "reshaped", "turned", "with_axes", "without_axes"]
