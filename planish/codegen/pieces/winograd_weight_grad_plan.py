"""How the gradient of a 3x3 kernel is computed: directly or by Winograd's method, with which tiles, how cut into items.

Costs are vector instructions an image, of which a multiply-add is one: the products, and what the two transforms take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from planish.codegen.llvm.loops import cut, vectors_of
from planish.codegen.llvm.target import Target
from planish.primitives.conv2d_weight_grad import Conv2DWeightGradSettings
from planish.primitives.winograd import Matrix, method

TILES = (2, 4)
TILES_AT_ONCE = 64
# An item is split in two if its products are this many times its transforms: the two repeat half of the transforms.
PRODUCTS_OF_TWO_ITEMS = 8


@dataclass(frozen=True, slots=True)
class Tiling:
    """Tiles of `tile` x `tile` elements of g, `rows` x `columns` of them an image; channels in `sources` vectors,
    filters in `targets`."""

    tile: int
    rows: int
    columns: int
    channels: int
    sources: int
    targets: int

    @property
    def places(self) -> int:
        """Inputs of a tile along an axis, and products along an axis."""
        return self.tile + 2

    @property
    def products(self) -> int:
        return self.rows * self.columns * self.places**2 * self.channels * self.targets

    @property
    def transforms(self) -> int:
        inputs = self.sources * self._combining(method(self.tile).input)
        return self.rows * self.places * (inputs + self.targets * self._combining(method(self.tile).output.T))

    def _combining(self, matrix: Matrix) -> int:
        """Rows once for all tiles beside each other, which share columns; then columns, with as many stores."""
        terms = int(np.count_nonzero(matrix)) / self.places
        shared = (self.columns - 1) * self.tile + len(matrix[0])
        return round(shared * (2 * terms + 1) + self.columns * self.places * (terms + 2))

    @property
    def parts(self) -> int:
        """Into how many items a row of the products is cut."""
        return 2 if self.products >= PRODUCTS_OF_TWO_ITEMS * self.transforms else 1

    @property
    def items(self) -> int:
        return self.places * self.parts

    @property
    def rows_at_once(self) -> int:
        """Rows of tiles, perhaps of several images, so that loading and storing sums is cheap beside making them."""
        return max(1, TILES_AT_ONCE // self.columns)


def tiling_of(tile: int, extents: Sequence[int], channels: int, filters: int, lanes: int) -> Tiling:
    """For g of these rows and columns."""
    rows, columns = (-(-extent // tile) for extent in extents)
    return Tiling(tile, rows, columns, channels, vectors_of(channels, lanes), vectors_of(filters, lanes))


def panels_of(vectors: int, target: Target) -> list[int]:
    return cut(vectors, 4 if target.registers >= 32 else 2)


def costs_of(extents: Sequence[int], channels: int, filters: int, lanes: int) -> dict[int, int]:
    """Of the direct kernel (0), and of Winograd's method by the tile."""
    costs = {0: 9 * extents[0] * extents[1] * channels * vectors_of(filters, lanes)}
    for tile in TILES:
        tiling = tiling_of(tile, extents, channels, filters, lanes)
        costs[tile] = tiling.products + tiling.transforms
    return costs


def why_not(settings: Conv2DWeightGradSettings) -> str | None:
    """Why the method does not fit; None if it does."""
    rows, columns = settings.kernel_shape[:2]
    if (rows, columns) != (3, 3):
        return f"it is for 3x3, this is {rows}x{columns}"
    plain = settings.strides == (1, 1) and settings.dilation == (1, 1) and settings.groups == 1
    return None if plain else "it is for strides, dilation and groups of 1"


def best_tile(settings: Conv2DWeightGradSettings, extents: Sequence[int], lanes: int) -> int:
    """The tile of the fastest method for g of these rows and columns; 0 for the direct one."""
    if why_not(settings):
        return 0
    channels, filters = settings.kernel_shape[2:]
    costs = costs_of(extents, channels, filters, lanes)
    return min(costs, key=lambda tile: (costs[tile], tile))
