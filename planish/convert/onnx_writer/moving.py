"""Primitives that move elements, or join and cut tensors."""

from __future__ import annotations

from collections.abc import Sequence

from planish.convert.onnx_writer import layouts
from planish.convert.onnx_writer.layouts import Layout
from planish.convert.onnx_writer.rows import writes
from planish.convert.onnx_writer.writing import Writing
from planish.graph.node import Node
from planish.primitives.axes import AxisSettings
from planish.primitives.broadcast_to import BroadcastToSettings
from planish.primitives.crop2d import Crop2DSettings
from planish.primitives.pad2d import Pad2DSettings
from planish.primitives.slice_axis import SliceAxisSettings
from planish.primitives.slice_strided import SliceStridedSettings
from planish.primitives.spread_strided import SpreadStridedSettings
from planish.primitives.transpose import TransposeSettings

_BACK_TO_THE_START = -(2**63)


def unjoined(w: Writing, node: Node) -> Layout:
    """The order in which the file has a value with all of its axes."""
    layout = w.layout(node)
    return layout if layout.joined is None else layouts.plain(len(node.shape))


@writes("transpose")
def _transpose(w: Writing, node: Node) -> None:
    """Nothing moves: what the axes are called changes."""
    (x,) = node.inputs
    layout = unjoined(w, x)
    w.give(node, w.read(x, layout), layouts.permuted(layout, TransposeSettings.of(node).permutation))


@writes("reshape")
def _reshape(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    layout = w.layout(x)
    after = layouts.reshaped(layout, x.shape, node.shape)
    if after is None:
        layout, after = layouts.plain(len(x.shape)), layouts.plain(len(node.shape))
    w.give(node, w.reshape(w.read(x, layout), after.stored(node.shape), batched=node.batched), after)


@writes("concatenate")
def _concatenate(w: Writing, node: Node) -> None:
    read = [unjoined(w, source) for source in node.inputs if source not in w.known]
    layout = next((each for each in read if not each.plain), layouts.plain(len(node.shape)))
    axis = layout.place(AxisSettings.of(node).axis) + node.batched
    names = [w.read(source, layout) for source in node.inputs]
    w.give(node, w.emit("Concat", *names, axis=axis), layout)


def cut(
    w: Writing, name: str, starts: Sequence[int], ends: Sequence[int], axes: Sequence[int], steps: Sequence[int]
) -> str:
    """Slices along axes that count the batch axis."""
    return w.emit("Slice", name, *(w.integers(numbers) for numbers in (starts, ends, axes, steps)))


@writes("slice_axis")
def _slice_axis(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    own, layout = SliceAxisSettings.of(node), unjoined(w, x)
    axis = layout.place(own.axis) + node.batched
    w.give(node, cut(w, w.read(x, layout), [own.start], [own.stop], [axis], [1]), layout)


@writes("crop2d")
def _crop2d(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    (top, _), (left, _) = Crop2DSettings.of(node).cropping
    layout = unjoined(w, x)
    axes = [layout.place(axis) + 1 for axis in (0, 1)]
    name = cut(w, w.read(x, layout), [top, left], [top + node.shape[0], left + node.shape[1]], axes, [1, 1])
    w.give(node, name, layout)


@writes("slice_strided")
def _slice_strided(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    own, layout = SliceStridedSettings.of(node), unjoined(w, x)
    moved = [
        axis
        for axis, extent in enumerate(x.shape)
        if (own.starts[axis], own.counts[axis], own.steps[axis]) != (0, extent, 1)
    ]
    ends = [_end(own.starts[axis], own.counts[axis], own.steps[axis]) for axis in moved]
    axes = [layout.place(axis) + node.batched for axis in moved]
    starts, steps = [own.starts[axis] for axis in moved], [own.steps[axis] for axis in moved]
    w.give(node, cut(w, w.read(x, layout), starts, ends, axes, steps), layout)


def _end(start: int, count: int, step: int) -> int:
    end = start + count * step
    return end if end >= 0 else _BACK_TO_THE_START


def bordered(w: Writing, name: str, before: Sequence[int], after: Sequence[int], value: float, *, batched: bool) -> str:
    """With more entries around each axis of an image, in the file's order of axes."""
    if not any((*before, *after)):
        return name
    front = [0] * batched
    return w.emit("Pad", name, w.integers([*front, *before, *front, *after]), w.array(value), mode="constant")


@writes("pad2d")
def _pad2d(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    own, layout = Pad2DSettings.of(node), unjoined(w, x)
    (top, bottom), (left, right) = own.padding
    before, after = layout.stored((top, left, 0)), layout.stored((bottom, right, 0))
    w.give(node, bordered(w, w.read(x, layout), before, after, own.value, batched=True), layout)


@writes("spread_strided")
def _spread_strided(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    own, layout = SpreadStridedSettings.of(node), unjoined(w, x)
    front = int(node.batched)
    name = w.read(x, layout)
    backwards = [axis for axis, step in enumerate(own.steps) if step < 0]
    if backwards:
        axes = [layout.place(axis) + front for axis in backwards]
        many = len(axes)
        name = cut(w, name, [-1] * many, [_BACK_TO_THE_START] * many, axes, [-1] * many)
    steps = [abs(step) for step in own.steps]
    firsts = [
        start + min(0, step * (extent - 1)) for start, step, extent in zip(own.starts, own.steps, x.shape, strict=True)
    ]
    extents = list(layout.stored(x.shape))
    for place, axis in enumerate(layout.order):
        if steps[axis] > 1 and extents[place] > 1:
            name = _apart(w, name, extents, place, steps[axis], own.value, batched=node.batched)
    before = layout.stored(firsts)
    after = [
        whole - first - held for whole, first, held in zip(layout.stored(node.shape), before, extents, strict=True)
    ]
    w.give(node, bordered(w, name, before, after, own.value, batched=node.batched), layout)


def _apart(w: Writing, name: str, extents: list[int], place: int, step: int, value: float, *, batched: bool) -> str:
    """Entries of an axis `step` apart; `extents` become those of the result."""
    count = extents[place]
    single = w.reshape(name, [*extents[: place + 1], 1, *extents[place + 1 :]], batched=batched)
    behind = [step - 1 if i == place + 1 else 0 for i in range(len(extents) + 1)]
    wide = bordered(w, single, [0] * len(behind), behind, value, batched=batched)
    joined = w.reshape(wide, [*extents[:place], count * step, *extents[place + 1 :]], batched=batched)
    extents[place] = (count - 1) * step + 1
    return cut(w, joined, [0], [extents[place]], [place + int(batched)], [1])


@writes("broadcast_to")
def _broadcast_to(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    shape, front = BroadcastToSettings.of(node).shape, [1] * node.batched
    layout = unjoined(w, x) if len(x.shape) == len(shape) else layouts.plain(len(shape))
    name = w.aligned(x, node, layout)
    w.give(node, w.emit("Expand", name, w.integers([*front, *layout.stored(shape)])), layout)
