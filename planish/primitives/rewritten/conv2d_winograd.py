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
from planish.primitives.winograd import method


class Conv2DWinogradSettings(Settings):
    kernel_shape: tuple[int, ...]
    window: Pair
    tile: int
    stride: int
    panels: tuple[int, ...]
    lanes: int


def _infer(inputs: Sequence[TensorType], settings: Conv2DWinogradSettings) -> TensorType:
    plain = without_padding((settings.stride, settings.stride), (1, 1), 1)
    rows, columns, filters = map_extents(inputs[0], settings.kernel_shape, plain)
    height, width = settings.window
    return TensorType((rows // height, columns // width, filters))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, packed = arrays
    settings = Conv2DWinogradSettings.of(node)
    channels, filters = settings.kernel_shape[2:]
    own = method(settings.tile, settings.stride)
    matrices = unpack_panels(packed, channels, filters, settings.panels, settings.lanes)
    weights = list(own.weight_of)
    matrices = matrices.reshape(own.weights, own.weights, channels, filters)[weights][:, weights]
    rows, columns = ((extent - 3) // own.stride + 1 for extent in x.shape[1:3])
    tile_rows, tile_columns = -(-rows // own.tile), -(-columns // own.tile)
    wanted = [own.inputs_of(count * own.tile) for count in (tile_rows, tile_columns)]
    border = [(0, max(0, extent - there)) for extent, there in zip(wanted, x.shape[1:3], strict=True)]
    source = np.pad(x, ((0, 0), *border, (0, 0)))[:, : wanted[0], : wanted[1]]
    tiles = np.lib.stride_tricks.sliding_window_view(source, (own.side, own.side), (1, 2))
    into, out = own.input.astype(x.dtype), own.output[:, own.sum_of].astype(x.dtype)
    transformed = np.einsum("ai,nrscij,bj->nrsabc", into, tiles[:, :: own.apart, :: own.apart], into)
    products = np.einsum("nrsabc,abco->nrsabo", transformed, matrices)
    results = np.einsum("pa,nrsabo,qb->nrpsqo", out, products, out)
    maps = results.reshape(len(x), own.tile * tile_rows, own.tile * tile_columns, filters)[:, :rows, :columns]
    return pooled(maps, settings.window)


register_rewritten("conv2d_winograd", Conv2DWinogradSettings, _infer, _reference, tail=True)
