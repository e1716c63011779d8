"""Other shapes of the same numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from planish import ops
from planish.convert.graphs.batch_extent import BatchExtent
from planish.convert.operators.reshaping import flattened, reshaped, turned, with_axes, without_axes
from planish.convert.operators.site import MOST_NUMBERS, Site, axes_of, operator
from planish.convert.operators.value import Value, unmixed

_BATCH = "planish keeps the images of a batch apart"


@operator("Flatten")
def flatten(site: Site) -> Value:
    value = site.value()
    axis = int(site.setting("axis", 1))
    axis = axis + value.rank if axis < 0 else axis
    before = [extent for extent in value.shape[1:axis] if extent != 1]
    if axis < 1 or before:
        raise site.mistake(_BATCH, expected="axis=1", received=f"axis={axis} of a value of shape {value.shape}")
    return flattened(site, value)


@operator("Reshape")
def reshape(site: Site) -> Value:
    value = site.value()
    wanted = list(site.constant(1, "the shape").reshape(-1))
    return reshaped(site, value, _extents(site, value, wanted))


def _extents(site: Site, value: Value, wanted: list[Any]) -> list[int]:
    """The new extents without the batch's."""
    if not site.setting("allowzero", 0):
        wanted = [_kept(site, value, place) if extent == 0 else extent for place, extent in enumerate(wanted)]
    whole = math.prod(value.sizes)
    rest = wanted[1:]
    known = [int(extent) for extent in rest if not isinstance(extent, BatchExtent) and extent != -1]
    product = math.prod(known)
    fits = wanted and len(known) >= len(rest) - 1 and not any(isinstance(extent, BatchExtent) for extent in rest)
    if not fits or product == 0 or whole % product or (len(known) == len(rest) and product != whole):
        raise site.mistake(
            "the images of a batch would be mixed",
            rule=_BATCH,
            expected=f"(batch, ...) with {whole:,} numbers for each image of shape {value.shape}",
            received=tuple(wanted),
        )
    return [whole // product if extent == -1 else int(extent) for extent in rest]


def _kept(site: Site, value: Value, place: int) -> Any:
    if place >= value.rank:
        raise site.mistake("the shape keeps an extent of an axis that is not there", received=value.shape)
    return BatchExtent() if place == 0 else value.shape[place]


@operator("Transpose")
def transpose(site: Site) -> Value:
    value = site.value()
    axes = tuple(int(axis) for axis in site.setting("perm", range(value.rank - 1, -1, -1)))
    if sorted(axes) != list(range(value.rank)):
        raise site.mistake("perm is not an order of the axes", received=axes)
    return turned(value, axes)


@operator("Squeeze")
def squeeze(site: Site) -> Value:
    value = site.value()
    given = site.numbers(1, "axes")
    ones = [axis for axis, extent in enumerate(value.shape) if extent == 1]
    axes = ones if given is None else axes_of(site, given, value.rank)
    if any(value.shape[axis] != 1 for axis in axes):
        raise site.mistake("an axis that is not of extent 1 cannot be left out", received=f"{value.shape}, axes {axes}")
    return without_axes(site, value, axes)


@operator("Unsqueeze")
def unsqueeze(site: Site) -> Value:
    value = site.value()
    given = site.numbers(1, "axes") or ()
    axes = axes_of(site, given, value.rank + len(given))
    if 0 in axes:
        raise site.mistake(_BATCH, expected="new axes behind the batch's", received=f"axes {axes}")
    return with_axes(site, value, axes)


@operator("Expand")
def expand(site: Site) -> Value:
    value = site.value()
    wanted = list(site.constant(1, "the shape").reshape(-1))
    wanted = [1] * (value.rank - len(wanted)) + wanted
    sizes = [1 if isinstance(extent, BatchExtent) or not place else int(extent) for place, extent in enumerate(wanted)]
    if len(sizes) != value.rank:
        raise site.mistake("it has more axes than the value, of which the first is the batch", received=tuple(wanted))
    return _spread(site, value, sizes)


def _spread(site: Site, value: Value, sizes: Sequence[int]) -> Value:
    """With axes of extent 1 repeated."""
    if math.prod(sizes) > MOST_NUMBERS:
        raise site.too_large(sizes)
    larger = [axis for axis, extent in enumerate(value.shape) if axis and extent == 1 != sizes[axis]]
    for axis in larger:
        value = value.like(ops.repeat(value.tensor, int(sizes[axis]), axis=value.place(axis)))
    if larger:
        site.named(value.tensor)
    return value


@operator("Tile")
def tile(site: Site) -> Value:
    value = site.value()
    times = [int(number) for number in site.constant(1, "the number of copies").reshape(-1)]
    if math.prod(map(abs, times)) * math.prod(value.sizes) > MOST_NUMBERS:
        raise site.too_large(times)
    if len(times) != value.rank or times[0] != 1 or min(times) < 1:
        raise site.mistake(_BATCH, expected=f"{value.rank} numbers, the first of which is 1", received=tuple(times))
    value = unmixed(value, [axis for axis, number in enumerate(times) if number > 1])
    return value.like(site.named(ops.tile(value.tensor, [times[axis] for axis in value.order])))


@operator("DepthToSpace")
def depth_to_space(site: Site) -> Value:
    value, block = _blocks(site)
    _, channels, height, width = (extent or 1 for extent in value.shape)
    depth = channels // block**2
    if site.setting("mode", "DCR") == "CRD":
        parts = turned(reshaped(site, value, (depth, block, block, height, width)), (0, 1, 4, 2, 5, 3))
    else:
        parts = turned(reshaped(site, value, (block, block, depth, height, width)), (0, 3, 4, 1, 5, 2))
    return reshaped(site, parts, (depth, height * block, width * block))


@operator("SpaceToDepth")
def space_to_depth(site: Site) -> Value:
    value, block = _blocks(site)
    _, channels, height, width = (extent or 1 for extent in value.shape)
    rows, columns = height // block, width // block
    parts = turned(reshaped(site, value, (channels, rows, block, columns, block)), (0, 3, 5, 1, 2, 4))
    return reshaped(site, parts, (channels * block**2, rows, columns))


def _blocks(site: Site) -> tuple[Value, int]:
    value, block = site.value(), int(site.setting("blocksize", 0))
    down = site.operation.kind == "SpaceToDepth"
    wrong = value.rank != 4 or block < 1
    wrong = wrong or any(extent % block for extent in (value.shape[2:] if down else ()) if extent)
    if wrong or (not down and (value.shape[1] or 0) % block**2):
        raise site.mistake("blocks do not fit the map", received=f"{value.shape}, blocksize={block}")
    return value, block


def as_shape(value: Value) -> np.ndarray[Any, Any]:
    """The extents as a constant: the batch's is not known, but can be passed on."""
    return np.array([BatchExtent() if extent is None else extent for extent in value.shape], object)
