"""Primitives that see the batch as a whole, and random numbers."""

from __future__ import annotations

import numpy as np

from planish.convert.onnx_writer import layouts
from planish.convert.onnx_writer.along import places
from planish.convert.onnx_writer.moving import unjoined
from planish.convert.onnx_writer.rows import writes
from planish.convert.onnx_writer.writing import Writing
from planish.graph.node import Node
from planish.primitives.axes import AxesSettings
from planish.primitives.other_images import OtherImagesSettings
from planish.primitives.random_uniform import RandomUniformSettings


@writes("batch_sum", "batch_max")
def _over_the_batch(w: Writing, node: Node) -> None:
    (x,) = node.inputs
    axes, layout = AxesSettings.of(node).axes, unjoined(w, x)
    reduced = w.integers([0, *sorted(layout.place(axis) + 1 for axis in axes)])
    kind = "ReduceSum" if node.op == "batch_sum" else "ReduceMax"
    w.give(node, w.emit(kind, w.read(x, layout), reduced, keepdims=0), layouts.without(layout, axes))


@writes("batch_size")
def _batch_size(w: Writing, node: Node) -> None:
    single = w.emit("Squeeze", w.batch().name, w.integers([0]))
    w.give(node, w.cast(single, w.numbers))


@writes("batch_ranks")
def _batch_ranks(w: Writing, node: Node) -> None:
    """The places of the places: the order's reverse."""
    order = places(w, w.read(node.inputs[0]), w.batch().name, 0)
    w.give(node, w.cast(_reverse(w, w.cast(order, w.numbers)), w.numbers))


def _reverse(w: Writing, ranks: str) -> str:
    return places(w, ranks, w.batch().name, 0)


@writes("other_images")
def _other_images(w: Writing, node: Node) -> None:
    x, ranks = node.inputs
    layout, order = w.layout(x), w.read(ranks)
    numbers = _reverse(w, order) if OtherImagesSettings.of(node).back else w.cast(order, np.int64)
    w.give(node, w.emit("Gather", w.read(x, layout), numbers, axis=0), layout)


@writes("random_uniform")
def _random_uniform(w: Writing, node: Node) -> None:
    """ONNX's own: other numbers in every run, whatever seed the layer has."""
    like = w.for_each_image(w.array(0.0), RandomUniformSettings.of(node).shape)
    w.give(node, w.emit("RandomUniformLike", like, low=0.0, high=1.0))
