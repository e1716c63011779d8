"""`conv2d_panels` for 3x3 kernels with stride 1, by Winograd's F(tile x tile, 3x3) on weights of `pack_winograd`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.bordered_convolution import map_extents, without_padding
from planish.primitives.panels import unpack_panels
from planish.primitives.registry import Array, Environment, register_rewritten
from planish.primitives.windows import Pair, pooled
from planish.primitives.winograd import INPUT, OUTPUT


class Conv2DWinogradSettings(Settings):
    kernel_shape: tuple[int, ...]
    window: Pair
    tile: int
    panels: tuple[int, ...]
    lanes: int


def _infer(inputs: Sequence[TensorType], settings: Conv2DWinogradSettings) -> TensorType:
    plain = without_padding((1, 1), (1, 1), 1)
    rows, columns, filters = map_extents(inputs[0], settings.kernel_shape, plain)
    height, width = settings.window
    return TensorType((rows // height, columns // width, filters))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, packed = arrays
    settings = Conv2DWinogradSettings.of(node)
    channels, filters = settings.kernel_shape[2:]
    tile = settings.tile
    side = tile + 2
    matrices = unpack_panels(packed, channels, filters, settings.panels, settings.lanes)
    matrices = matrices.reshape(side, side, channels, filters)
    rows, columns = (extent - 2 for extent in x.shape[1:3])
    tile_rows, tile_columns = -(-rows // tile), -(-columns // tile)
    border = [(0, count * tile - extent) for count, extent in ((tile_rows, rows), (tile_columns, columns))]
    source = np.pad(x, ((0, 0), *border, (0, 0)))
    tiles = np.lib.stride_tricks.sliding_window_view(source, (side, side), (1, 2))[:, ::tile, ::tile]
    into, out = INPUT[tile].astype(x.dtype), OUTPUT[tile].astype(x.dtype)
    transformed = np.einsum("ai,nrscij,bj->nrsabc", into, tiles, into)
    products = np.einsum("nrsabc,abco->nrsabo", transformed, matrices)
    results = np.einsum("pa,nrsabo,qb->nrpsqo", out, products, out)
    maps = results.reshape(len(x), tile * tile_rows, tile * tile_columns, filters)[:, :rows, :columns]
    return pooled(maps, settings.window)


register_rewritten("conv2d_winograd", Conv2DWinogradSettings, _infer, _reference, tail=True)
