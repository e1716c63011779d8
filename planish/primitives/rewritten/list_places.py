"""For each channel, the windows whose gradient is not zero: places, g -> i32[channels, 1 + 2 * room].

A row has the number of its windows, the byte distance of each window's maximum in the convolution's map of inputs, and
each window's g (the bits of an f32); `room` is the number of windows, rounded up to whole vectors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.rewritten.pool_places import NO_PLACE
from planish.primitives.windows import Pair


class ListPlacesSettings(Settings):
    """Bytes (down, across) between neighbouring windows, and pixels, in the map of inputs; columns of a window."""

    window_nbytes: Pair
    pixel_nbytes: Pair
    window_columns: int
    lanes: int


def _infer(inputs: Sequence[TensorType], settings: ListPlacesSettings) -> TensorType:
    rows, columns, channels = inputs[0].shape
    return TensorType((channels, 1 + 2 * room_of(rows * columns, settings.lanes)), "i32")


def room_of(windows: int, lanes: int) -> int:
    """Windows of a list, rounded up to whole vectors."""
    return -(-windows // lanes) * lanes


def window_distances(shape: Sequence[int], settings: ListPlacesSettings) -> Array:
    """The byte distance of each window's first pixel, i64[rows * columns]."""
    down, across = settings.window_nbytes
    rows, columns = np.indices(shape[:2]).reshape(2, -1)
    distances: Array = rows * down + columns * across
    return distances


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    places, g = arrays
    settings = ListPlacesSettings.of(node)
    count, channels = len(g), node.shape[0]
    down, across = settings.pixel_nbytes
    row, column = np.divmod(places.reshape(count, -1, channels).astype(np.int64), settings.window_columns)
    distances = window_distances(node.inputs[0].shape, settings)[:, None] + row * down + column * across
    values = g.reshape(count, -1, channels).astype(np.float32).view(np.int32)
    room = room_of(values.shape[1], settings.lanes)
    result = np.zeros((count, *node.shape), np.int32)
    for image, channel in np.ndindex(count, channels):
        own = places.reshape(count, -1, channels)[image, :, channel]
        (live,) = np.nonzero((g.reshape(count, -1, channels)[image, :, channel] != 0) & (own != NO_PLACE))
        result[image, channel, 0] = len(live)
        result[image, channel, 1 : 1 + len(live)] = distances[image, live, channel]
        result[image, channel, 1 + room : 1 + room + len(live)] = values[image, live, channel]
    return result


register_rewritten("list_places", ListPlacesSettings, _infer, _reference)


def list_places(places: Node, g: Node, settings: ListPlacesSettings) -> Node:
    return make("list_places", [places, g], settings)
