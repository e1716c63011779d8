"""Primitives that compute along axes: sums, maxima, softmax, running sums, orders."""

from __future__ import annotations

import numpy as np

from planish.convert.onnx_writer import layouts
from planish.convert.onnx_writer.layouts import Layout
from planish.convert.onnx_writer.moving import bordered, cut, unjoined
from planish.convert.onnx_writer.rows import writes
from planish.convert.onnx_writer.writing import Writing
from planish.graph.node import Node
from planish.primitives.reduce import ReduceSettings
from planish.primitives.scan import ScanSettings
from planish.primitives.sort_places import SortPlacesSettings

_REDUCED = {
    "reduce_max": "ReduceMax",
    "reduce_mean": "ReduceMean",
    "reduce_min": "ReduceMin",
    "reduce_prod": "ReduceProd",
    "reduce_sum": "ReduceSum",
}


@writes(*_REDUCED)
def _reduce(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    own, layout = ReduceSettings.of(node), unjoined(w, x)
    name, after = w.read(x, layout), _after(layout, own)
    if not own.axes:
        w.give(node, name, layout)
        return
    axes = sorted(layout.place(axis) + node.batched for axis in own.axes)
    w.give(node, w.emit(_REDUCED[node.op], name, w.integers(axes), keepdims=int(own.keepdims)), after)


def _after(layout: Layout, own: ReduceSettings) -> Layout:
    return layout if own.keepdims else layouts.without(layout, own.axes)


@writes("argmax")
def _argmax(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    own, layout = ReduceSettings.of(node), unjoined(w, x)
    (axis,) = own.axes
    place = layout.place(axis) + node.batched
    found = w.emit("ArgMax", w.read(x, layout), axis=place, keepdims=int(own.keepdims))
    w.give(node, w.cast(found, w.numbers), _after(layout, own))


@writes("softmax", "log_softmax")
def _softmax(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    layout = unjoined(w, x)
    kind = "Softmax" if node.op == "softmax" else "LogSoftmax"
    axis = layout.place(len(node.shape) - 1) + node.batched
    w.give(node, w.emit(kind, w.read(x, layout), axis=axis), layout)


@writes("sort_places")
def _sort_places(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    layout = unjoined(w, x)
    axis = layout.place(len(node.shape) - 1) + node.batched
    count = w.integers([SortPlacesSettings.of(node).count])
    w.give(node, w.cast(places(w, w.read(x, layout), count, axis), w.numbers), layout)


def places(w: Writing, name: str, count: str, axis: int) -> str:
    """Where the `count` least numbers are, as int64; of equal ones the first comes first."""
    return w.emit_several("TopK", [name, count], 2, {"axis": axis, "largest": 0, "sorted": 1})[1]


@writes("cumsum")
def _cumsum(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    own, layout = ScanSettings.of(node), unjoined(w, x)
    axis = w.array(np.int64(layout.place(own.axis) + node.batched), np.int64)
    w.give(node, w.emit("CumSum", w.read(x, layout), axis, reverse=int(own.reverse)), layout)


@writes("cumprod")
def _cumprod(w: Writing, node: Node) -> None:
    """Products of 1, 2, 4, 8, ... entries: each is that of two halves."""
    (x,) = node.inputs
    layout = unjoined(w, x)
    name, distance = w.read(x, layout), 1
    while distance < node.shape[ScanSettings.of(node).axis]:
        name = w.emit("Mul", name, _shifted(w, node, name, layout, distance, 1.0))
        distance *= 2
    w.give(node, name, layout)


@writes("linear_scan")
def _linear_scan(w: Writing, node: Node) -> None:
    """Steps y -> a * y + b of 1, 2, 4, 8, ... entries: two of them are one of twice the length."""
    layout = unjoined(w, node.inputs[1])
    a, b = (w.read(source, layout) for source in node.inputs)
    distance = 1
    while distance < node.shape[ScanSettings.of(node).axis]:
        b = w.emit("Add", b, w.emit("Mul", a, _shifted(w, node, b, layout, distance, 0.0)))
        a = w.emit("Mul", a, _shifted(w, node, a, layout, distance, 1.0))
        distance *= 2
    w.give(node, b, layout)


def _shifted(w: Writing, node: Node, name: str, layout: Layout, distance: int, fill: float) -> str:
    """Each entry of the scan's axis where the one `distance` later was; the first ones are `fill`."""
    own = ScanSettings.of(node)
    place, extent = layout.place(own.axis), node.shape[own.axis]
    kept = (distance, extent) if own.reverse else (0, extent - distance)
    part = cut(w, name, [kept[0]], [kept[1]], [place + int(node.batched)], [1])
    free = [distance if i == place else 0 for i in range(len(node.shape))]
    none = [0] * len(node.shape)
    before, after = (none, free) if own.reverse else (free, none)
    return bordered(w, part, before, after, fill, batched=node.batched)
