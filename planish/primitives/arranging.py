"""What other operations make of moved elements: reversals, rotations, repetitions, borders, blocks as channels.

Axes are those of an image, without the batch axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from planish.graph.node import Node
from planish.primitives.axes import axes_of, axis_of
from planish.primitives.broadcast_to import broadcast_to
from planish.primitives.concatenate import concatenate
from planish.primitives.mistake import mistake
from planish.primitives.reshape import reshape
from planish.primitives.slice_axis import slice_axis
from planish.primitives.slice_strided import slice_strided
from planish.primitives.spread_strided import spread_strided
from planish.primitives.transpose import transpose

PAD_MODES = ("constant", "reflect", "symmetric", "edge")


def flip(x: Node, axes: Sequence[int]) -> Node:
    """`x` with the order of its elements reversed along `axes`."""
    reversed_ = axes_of(x, axes)
    turned = [axis in reversed_ for axis in range(len(x.shape))]
    starts = [extent - 1 if back else 0 for extent, back in zip(x.shape, turned, strict=True)]
    return slice_strided(x, starts, x.shape, [-1 if back else 1 for back in turned])


def roll(x: Node, shift: int, axis: int) -> Node:
    """`x` moved along an axis by `shift`; what leaves at one end comes in at the other."""
    axis = axis_of(x, axis)
    cut = -int(shift) % x.shape[axis]
    if cut == 0:
        return x
    return concatenate([slice_axis(x, axis, cut, x.shape[axis]), slice_axis(x, axis, 0, cut)], axis)


def stack(xs: Sequence[Node], axis: int) -> Node:
    """Tensors of one shape side by side along a new axis, whose number may be negative."""
    if not xs:
        raise mistake("nothing to stack: stack needs at least one tensor")
    rank = len(xs[0].shape) + 1
    if not -rank <= axis < rank:
        raise mistake("there is no such place for a new axis", expected=f"{-rank} to {rank - 1}", received=axis)
    axis %= rank
    if len({x.shape for x in xs}) > 1:
        raise mistake("stacked tensors have one shape", received=" and ".join(str(x.type) for x in xs))
    return concatenate([reshape(x, (*x.shape[:axis], 1, *x.shape[axis:])) for x in xs], axis)


def unstack(x: Node, axis: int) -> list[Node]:
    """The entries of an axis, without that axis."""
    axis = axis_of(x, axis)
    rest = (*x.shape[:axis], *x.shape[axis + 1 :])
    return [reshape(slice_axis(x, axis, place, place + 1), rest) for place in range(x.shape[axis])]


def split(x: Node, parts: int | Sequence[int], axis: int) -> list[Node]:
    """`parts` equal pieces along an axis, or the pieces between the positions that `parts` gives."""
    axis = axis_of(x, axis)
    extent = x.shape[axis]
    if isinstance(parts, int):
        if parts < 1 or extent % parts:
            raise mistake(f"an axis of {extent} entries cannot be cut into {parts} equal parts")
        places = list(range(0, extent + 1, extent // parts))
    else:
        places = [0, *(int(place) + extent if place < 0 else int(place) for place in parts), extent]
    if any(stop <= start for start, stop in pairwise(places)):
        raise mistake("every part of a split has one entry or more", received=f"cuts at {places[1:-1]} of {extent}")
    return [slice_axis(x, axis, start, stop) for start, stop in pairwise(places)]


def tile(x: Node, repeats: Sequence[int]) -> Node:
    """`x` repeated as a whole along each axis; `repeats` are aligned with the last axes, as in NumPy."""
    rank = max(len(repeats), len(x.shape))
    times = [1] * (rank - len(repeats)) + [_count(number) for number in repeats]
    shape = (1,) * (rank - len(x.shape)) + x.shape
    apart = [extent for pair in zip((1,) * rank, shape, strict=True) for extent in pair]
    repeated = [extent for pair in zip(times, shape, strict=True) for extent in pair]
    together = [count * extent for count, extent in zip(times, shape, strict=True)]
    return x if tuple(together) == x.shape else reshape(broadcast_to(reshape(x, apart), repeated), together)


def repeat(x: Node, repeats: int, axis: int) -> Node:
    """Every entry of an axis `repeats` times."""
    axis = axis_of(x, axis)
    before, after = x.shape[: axis + 1], x.shape[axis + 1 :]
    repeated = broadcast_to(reshape(x, (*before, 1, *after)), (*before, _count(repeats), *after))
    return reshape(repeated, (*before[:-1], before[-1] * repeats, *after))


def _count(number: int) -> int:
    if number < 1:
        raise mistake("elements are repeated once or more", received=number)
    return int(number)


def pad(x: Node, padding: Sequence[tuple[int, int]], mode: str = "constant", value: float = 0.0) -> Node:
    """`x` with (before, after) more entries of each axis: of a value, or made from the entries at its ends.

    `reflect` leaves out the outermost entry, `symmetric` repeats it, `edge` repeats nothing else.
    """
    borders = [(int(before), int(after)) for before, after in padding]
    if mode not in PAD_MODES:
        raise mistake("there is no such border", expected=", ".join(map(repr, PAD_MODES)), received=repr(mode))
    if len(borders) != len(x.shape) or any(min(border) < 0 for border in borders):
        raise mistake(
            "a border has a number of entries before and after each axis",
            expected=f"{len(x.shape)} pairs of numbers, 0 or more",
            received=borders,
        )
    if mode == "constant":
        shape = [before + extent + after for extent, (before, after) in zip(x.shape, borders, strict=True)]
        return spread_strided(x, shape, [before for before, _ in borders], [1] * len(shape), value)
    for axis, (before, after) in enumerate(borders):
        x = _bordered(x, axis, before, after, mode)
    return x


def _bordered(x: Node, axis: int, before: int, after: int, mode: str) -> Node:
    extent = x.shape[axis]
    skipped = 1 if mode == "reflect" else 0
    if mode != "edge" and max(before, after) > extent - skipped:
        raise mistake(
            f"a border of mode {mode!r} is made from the entries of the axis",
            expected=f"{extent - skipped} entries or fewer beside {extent}",
            received=max(before, after),
        )

    def border(count: int, outermost: int, start: int) -> Node:
        if mode == "edge":
            return repeat(slice_axis(x, axis, outermost, outermost + 1), count, axis)
        return flip(slice_axis(x, axis, start, start + count), [axis])

    first = [border(before, 0, skipped)] if before else []
    last = [border(after, extent - 1, extent - skipped - after)] if after else []
    return concatenate([*first, x, *last], axis) if first or last else x


def space_to_depth(x: Node, block: int) -> Node:
    """[h, w, c] -> [h / block, w / block, block * block * c]: the pixels of each block as channels, row by row."""
    rows, columns, channels = _map_of(x)
    if rows % block or columns % block:
        raise mistake(f"a map of {rows} x {columns} pixels cannot be cut into blocks of {block} x {block}")
    apart = reshape(x, (rows // block, block, columns // block, block, channels))
    return reshape(transpose(apart, (0, 2, 1, 3, 4)), (rows // block, columns // block, block * block * channels))


def depth_to_space(x: Node, block: int) -> Node:
    """The reverse of `space_to_depth`: [h, w, block * block * c] -> [h * block, w * block, c]."""
    rows, columns, channels = _map_of(x)
    if channels % block**2:
        raise mistake(f"{channels} channels cannot be spread over blocks of {block} x {block} pixels")
    apart = reshape(x, (rows, columns, block, block, channels // block**2))
    return reshape(transpose(apart, (0, 2, 1, 3, 4)), (rows * block, columns * block, channels // block**2))


def _map_of(x: Node) -> tuple[int, int, int]:
    if len(x.shape) != 3:
        raise mistake("a map has rows, columns and channels", received=x.type)
    rows, columns, channels = x.shape
    return rows, columns, channels
