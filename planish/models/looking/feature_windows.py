"""The windows of all elements of a flat vector at once: the part of an image that each of them saw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planish.flattening import FlattenMap, Window
from planish.graph.graph import topological
from planish.graph.node import Node
from planish.primitives.axes import AxisSettings
from planish.primitives.registry import op_named
from planish.primitives.transpose import TransposeSettings

MOST_TRACED = 4096
"""How many elements are traced one by one where windows of rows and columns are not enough. About 2 seconds."""

_ON_PIXELS = frozenset({"conv2d", "max_pool2d", "average_pool2d", "pad2d", "crop2d", "softmax", "log_softmax", "dense"})
_FIRST_TO_LAST, _LAST_TO_FIRST = (1, 2, 0), (2, 0, 1)


def feature_windows(flat: FlattenMap, input: str | int | None = None) -> NDArray[np.int32] | None:
    """i32 [size, 4]: first row, end of rows, first column, end of columns in the image, of every flat index.

    Half-open and inside the image; all zero where nothing of the image is seen. None if the map does not come from
    images with rows and columns, or if there are too many windows to find one by one. `input` is the name or place of
    the image; None means the only input that reaches the map (ValueError if several do).
    """
    if flat.feature_map is None or len(flat.image(input)[0].shape) not in (2, 3):
        return None
    if len(flat.extents) == 3 and _is_separable(flat, *flat.image(input)):
        crossed = _crossed(flat, input)
        if crossed is not None:
            return crossed
    if flat.size > MOST_TRACED:
        return None
    windows = [_edges(flat.receptive_field(index, input=input)) for index in range(flat.size)]
    return np.array(windows, np.int32).reshape(-1, 4)


def _edges(window: Window) -> tuple[int, int, int, int]:
    rows, columns = window.rows, window.columns
    return rows.start, rows.stop, columns.start, columns.stop


def _crossed(flat: FlattenMap, input: str | int | None) -> NDArray[np.int32] | None:
    """Windows where rows depend only on the row, and columns only on the column: those of one line of each, crossed.

    None if the lines in the middle see nothing: then they do not represent the others.
    """
    rows, columns = flat.extents[:2]

    def edges_at(row: int, column: int) -> tuple[int, int, int, int]:
        return _edges(flat.receptive_field(flat.index(row, column, 0), input=input))

    down = [edges_at(row, columns // 2)[:2] for row in range(rows)]
    along = [edges_at(rows // 2, column)[2:] for column in range(columns)]
    if down[rows // 2] == (0, 0) or along[columns // 2] == (0, 0):
        return None
    row, column, _ = flat.position(np.arange(flat.size))
    edges = np.concatenate([np.array(down, np.int32)[row], np.array(along, np.int32)[column]], axis=1)
    seen = (edges[:, 1] > edges[:, 0]) & (edges[:, 3] > edges[:, 2])
    return np.asarray(edges * seen[:, None], np.int32)


def _is_separable(flat: FlattenMap, image: Node, image_format: str) -> bool:
    """Whether rows stay rows and columns stay columns on every way from the image to the map."""
    assert flat.feature_map is not None
    channels: dict[Node, str | None] = {image: image_format}
    for node in topological([flat.feature_map]):
        if node not in channels and any(source in channels for source in node.inputs):
            channels[node] = _channels_after(node, channels)
    return channels.get(flat.feature_map) == flat.data_format


def _channels_after(node: Node, channels: dict[Node, str | None]) -> str | None:
    """Where the channels of a map are, 'channels_last' or 'channels_first'; None if they are no longer apart.

    `channels` has them for all nodes before it that depend on the image.
    """
    sources = [source for source in node.inputs if source in channels]
    before = {channels[source] for source in sources}
    if len(before) != 1 or len(node.shape) != 3 or any(len(source.shape) != 3 for source in sources):
        return None
    (place,) = before
    if node.op == "transpose":
        turned = TransposeSettings.of(node).permutation
        if place == "channels_first" and turned == _FIRST_TO_LAST:
            return "channels_last"
        return "channels_first" if place == "channels_last" and turned == _LAST_TO_FIRST else None
    if node.op == "concatenate":
        axis = {"channels_last": 2, "channels_first": 0}.get(str(place))
        return place if AxisSettings.of(node).axis == axis else None
    if node.op in _ON_PIXELS:
        return place if place == "channels_last" else None
    return place if op_named(node.op).elementwise else None
