"""Images in which every brightness is about as frequent in each part of them."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Unpack

import numpy as np
from numpy.typing import NDArray

from planish import primitives
from planish.errors import explain
from planish.graph.node import Node
from planish.layers.base import arguments
from planish.layers.base.context import CallContext
from planish.layers.base.layer import Shape
from planish.layers.preprocessing import augmentation
from planish.layers.preprocessing.augmentation import BoxOptions, ImageLayer
from planish.primitives.take_grad import take_grad

Places = NDArray[np.float32]

_PIXELS = (0.0, 255.0)
_BINS = 256
MOST_ENTRIES = 2**24
"""Places in tables are counted in f32."""


class ContrastLimitedAdaptiveHistogramEqualization(ImageLayer):
    """Spreads the values of each channel evenly over `value_range`, tile by tile, in training and in predictions.

    An image is cut into `tile_grid_size` tiles, downwards and across. In each of them a value becomes the share of its
    pixels that are not brighter, but no value counts more often than `clip_limit` times as often as if all were equally
    frequent (0: there is no limit); what is left out is shared between all values. Between the middles of tiles, what
    these say is interpolated. `data_format`: 'channels_last' or 'channels_first'.

    >>> layer = keras.layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(1, 1), clip_limit=0.0)
    >>> layer(np.array([7.0, 8.0, 9.0]).reshape(1, 3, 1, 1)).ravel().tolist()
    [85.0, 170.0, 255.0]
    """

    def __init__(
        self,
        value_range: tuple[float, float] = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: tuple[int, int] = (8, 8),
        data_format: str | None = None,
        **options: Unpack[BoxOptions],
    ) -> None:
        super().__init__(data_format=data_format, **options)
        self.value_range = augmentation.value_range(self.label, value_range)
        self.clip_limit = arguments.number(self.label, "clip_limit", clip_limit)
        self.tile_grid_size = arguments.pair(self.label, "tile_grid_size", tile_grid_size)

    def check_map(self, shape: Shape) -> None:
        entries = math.prod(self.tile_grid_size) * shape[2] * _BINS
        if entries > MOST_ENTRIES:
            raise ValueError(
                explain(
                    layer=self.label,
                    what="there are too many tiles",
                    expected=f"at most {MOST_ENTRIES // (_BINS * shape[2]):,} of images with {shape[2]} channels",
                    received=" x ".join(map(str, self.tile_grid_size)),
                    remedy="tile_grid_size=(8, 8)",
                )
            )

    def changed(self, x: Node, context: CallContext) -> Node:
        pixels = augmentation.moved_range(x, self.value_range, _PIXELS)
        values = primitives.trunc(augmentation.clipped(pixels, _PIXELS))
        down, across = map(_Tiles.of, x.shape[:2], self.tile_grid_size)
        y = _interpolated(self._new_values(values, down, across), values, down, across)
        return augmentation.moved_range(y, _PIXELS, self.value_range)

    def _new_values(self, values: Node, down: _Tiles, across: _Tiles) -> Node:
        """What each of the values becomes in each tile and channel: (tiles * channels * values)."""
        whole = primitives.take(values, primitives.table(down.mirrored), 0)
        whole = primitives.take(whole, primitives.table(across.mirrored), 1)
        entries, size = down.tiles * across.tiles * values.shape[2] * _BINS, math.prod(whole.shape)
        places = primitives.reshape(_entries(whole, down.own, across.own, across.tiles), (size,))
        ones = primitives.broadcast_to(primitives.constant(1.0), (size,))
        counts = primitives.reshape(take_grad(ones, places, 0, (entries,)), (entries // _BINS, _BINS))
        pixels = down.size * across.size
        return primitives.reshape(_spread(self._limited(counts, pixels), pixels), (entries,))

    def _limited(self, counts: Node, pixels: int) -> Node:
        if self.clip_limit <= 0:
            return counts
        kept = primitives.minimum(counts, self.clip_limit * pixels / _BINS)
        left = primitives.reduce_sum(primitives.subtract(counts, kept), (1,), keepdims=True)
        return primitives.add(kept, primitives.divide(left, float(_BINS)))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "value_range": self.value_range,
            "clip_limit": self.clip_limit,
            "tile_grid_size": self.tile_grid_size,
        }


class _Tiles(NamedTuple):
    """How an axis of `extent` pixels is cut into `tiles` of `size`; the last ones may reach beyond the image."""

    extent: int
    tiles: int
    size: int

    @classmethod
    def of(cls, extent: int, tiles: int) -> _Tiles:
        return cls(extent, tiles, -(-extent // tiles))

    @property
    def mirrored(self) -> Places:
        """The pixels of all tiles: the image, and behind it the image mirrored."""
        around = np.arange(self.tiles * self.size) % (2 * self.extent)
        return np.where(around < self.extent, around, 2 * self.extent - 1 - around).astype(np.float32)

    @property
    def own(self) -> Places:
        """The tile of each of them."""
        return np.arange(self.tiles * self.size, dtype=np.float32) // self.size

    @property
    def neighbours(self) -> tuple[Places, Places, Places]:
        """Of each pixel the tile whose middle is before it, the one behind it, and how far it is from the first."""
        places = (np.arange(self.extent, dtype=np.float32) - np.float32(self.size / 2)) / np.float32(self.size)
        before = np.floor(places)
        return before.clip(0), (before + 1).clip(0, self.tiles - 1), places - before


def _entries(values: Node, rows: Places, columns: Places, across: int) -> Node:
    """Where values are in the tables, given the tiles of rows and columns."""
    channels = values.shape[2]
    each = channels * _BINS
    of_rows = primitives.table((rows * (across * each)).reshape(-1, 1, 1))
    of_columns = primitives.table((columns * each).reshape(-1, 1))
    of_channels = primitives.table(np.arange(channels, dtype=np.float32) * _BINS)
    return primitives.add(primitives.add(primitives.add(values, of_channels), of_columns), of_rows)


def _spread(counts: Node, pixels: int) -> Node:
    """From how often values are there (tiles, values), what they become."""
    below = primitives.cumsum(counts, 1)
    least = primitives.reduce_min(below, (1,), keepdims=True)
    others = primitives.subtract(float(pixels), least)
    divisor = primitives.select(primitives.equal(others, 0.0), 1.0, others)
    shares = primitives.divide(primitives.multiply(primitives.subtract(below, least), 255.0), divisor)
    return augmentation.clipped(shares, _PIXELS)


def _interpolated(table: Node, values: Node, down: _Tiles, across: _Tiles) -> Node:
    """What the four tiles around each pixel make of it, the more of each the nearer its middle is."""
    *rows, far = down.neighbours
    *columns, right = across.neighbours

    def made(row: Places) -> Node:
        first, second = (primitives.take(table, _entries(values, row, each, across.tiles), 0) for each in columns)
        return _between(first, second, right.reshape(-1, 1))

    return _between(made(rows[0]), made(rows[1]), far.reshape(-1, 1, 1))


def _between(first: Node, second: Node, share: Places) -> Node:
    return primitives.add(
        primitives.multiply(first, primitives.table(1 - share)), primitives.multiply(second, primitives.table(share))
    )
