"""For each window of an image and each place in it the channels whose maximum is there and whose gradient is not zero.

    for window, place:
        channels += (place's channels)[live];  ends[window][place] = length of channels

Lists follow each other, so that a kernel that walks the windows reads them from first to last. They live in the work
space of a kernel; whole vectors are written beyond the end of a list. Bound by the permutations that compress vectors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from planish.codegen.llvm.element_type import F32, I32
from planish.codegen.llvm.function import ZERO, Function, Index, Pointer, Value
from planish.codegen.llvm.target import CACHE_LINE_NBYTES, Target
from planish.codegen.pieces.kernel import Operands, Spec
from planish.primitives.rewritten.conv2d_placed_input_grad import Conv2DPlacedInputGradSettings
from planish.primitives.rewritten.list_places import room_of
from planish.primitives.rewritten.pool_places import NO_PLACE

MOST_VECTORS = 8  # of channels whose places stay in registers while lists are made


@dataclass(frozen=True, slots=True)
class ChannelLists:
    """The gradients; channels (i32) by window and place, one after another; where each list ends (i32)."""

    gradients: Pointer
    channels: Pointer
    ends: Pointer


def _capacity(spec: Spec, target: Target) -> int:
    """Entries that the lists of one image have at most, and a vector that is written after the last one."""
    return room_of(spec.inputs[0].size, target.lanes) + target.lanes


def lists_nbytes(spec: Spec, target: Target) -> int:
    rows, columns, _ = spec.inputs[0].shape
    window = Conv2DPlacedInputGradSettings.of(spec).window
    return int(I32.nbytes * (_capacity(spec, target) + rows * columns * window[0] * window[1]))


def emit_lists(f: Function, spec: Spec, operands: Operands) -> ChannelLists:
    """Makes the lists of places and gradients, and prefetches the memory of the kernel's result meanwhile."""
    behind = f.offset(operands.scratch, I32.nbytes * _capacity(spec, f.module.target))
    lists = ChannelLists(operands.inputs[1], operands.scratch, behind)
    rows, columns, channels = spec.inputs[0].shape
    places = math.prod(Conv2DPlacedInputGradSettings.of(spec).window)
    lines = F32.nbytes * spec.result.size // (CACHE_LINE_NBYTES * rows * columns)
    starts = range(0, channels, f.lanes)
    masks = [f.tail_mask(channels - start) for start in starts]
    with f.loop(0, rows * columns, carried=["0"], types=["i64"]) as window:
        first = f.multiply(window.index, channels)
        if lines:
            share = f.offset(operands.output, f.multiply(window.index, lines * CACHE_LINE_NBYTES))
            with f.loop(0, lines) as line:
                f.prefetch(share, f.multiply(line.index, CACHE_LINE_NBYTES), written=True)
        end: Index = window.carried[0]
        few = len(masks) <= MOST_VECTORS
        found = [
            _places(f, operands, f.add(first, start), mask) for start, mask in zip(starts, masks, strict=True) if few
        ]
        for place in range(places):
            if few:
                for start, own in zip(starts, found, strict=True):
                    end = _append(f, lists, own, start, place, end)
            else:
                end = _append_all(f, operands, lists, first, channels, place, end)
            f.store_count(end, lists.ends, f.add(f.nbytes(window.index, places, of=I32), I32.nbytes * place))
        window.next(str(end))
    return lists


def _append_all(
    f: Function, operands: Operands, lists: ChannelLists, first: Index, channels: int, place: int, end: Index
) -> Index:
    """Appends the channels of a window whose maximum is at `place`; where the list ends then."""
    whole = channels // f.lanes * f.lanes
    with f.loop(0, whole, f.lanes, carried=[str(end)], types=["i64"]) as channel:
        own = _places(f, operands, f.add(first, channel.index), None)
        channel.next(str(_append(f, lists, own, channel.index, place, channel.carried[0])))
    (end,) = channel.results
    if channels == whole:
        return end
    own = _places(f, operands, f.add(first, whole), f.tail_mask(channels - whole))
    return _append(f, lists, own, whole, place, end)


def _places(f: Function, operands: Operands, element: Index, mask: str | None) -> Value:
    """The places of a vector of channels, none where the gradient is zero."""
    found = f.load_bytes(operands.inputs[0], element, mask)
    g = f.load(operands.inputs[1], f.nbytes(element), mask)
    return f.select_integer(f.greater(g, ZERO, "une"), found, f.integer_constant(NO_PLACE))


def _append(f: Function, lists: ChannelLists, found: Value, channel: Index, place: int, end: Index) -> Index:
    """Appends the channels of one vector whose maximum is at `place`; where the list ends then."""
    here = f.let(f"icmp eq {f.integers} {found}, {f.integer_constant(place)}")
    start = channel if isinstance(channel, int) else f.let(f"trunc i64 {channel} to i32")
    numbers = f.integer("add", f.splat_integer(str(start)), f.lane_indices())
    f.store_integers(f.compressed(numbers, here, integer=True), f.offset(lists.channels, f.nbytes(end, of=I32)))
    return f.add(end, f.count_lanes(here))
