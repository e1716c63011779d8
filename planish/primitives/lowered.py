"""Operations as the kernels compute them: on packed weights, and on maps that already have their border.

* `dense_panels[units, panels, lanes, packed]` x, weights: packed, or as they are
* `conv2d_panels[kernel_shape, strides, dilation, groups, window, panels, lanes]` x, packed: convolution without
padding, then the maximum
  over windows that do not overlap (window (1, 1): none). The packed weights have one matrix [kh * kw * cin / groups,
  cout / groups] a group.
* `conv2d_winograd[kernel_shape, window, tile, panels, lanes]` x, packed: the same for 3x3 kernels with stride 1, by
  F(tile x tile, 3x3).
* `conv2d_columns[kernel_shape, strides, dilation, groups]` x, w: convolution without padding with the kernel as it is,
  its rows flat: [rows, columns * cout]
* `conv2d_scattered[kernel_shape, dilation, border, rows, panels, lanes]` x, packed: convolution of x with a border of
  zeros, its rows flat: [rows, columns * cout]. The packed weights are those of the turned kernel, one matrix
  [cin, kw * cout] a kernel row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.packing import unpack_panels
from planish.primitives.registry import Array, Environment, make, op_named, register
from planish.primitives.windows import NO_PADDING
from planish.primitives.winograd import INPUT, OUTPUT


def _infer_dense(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return TensorType((*inputs[0].shape[:-1], attributes["units"]), batched=inputs[0].batched)


def _dense(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, w = arrays
    settings = node.attributes
    if settings["packed"]:
        w = unpack_panels(w, x.shape[-1], settings["units"], settings["panels"], settings["lanes"])
    result: Array = x @ w
    return result


def _map_extents(shape: Sequence[int], attributes: Attributes) -> tuple[int, int]:
    """Rows and columns of the convolution, before pooling."""
    strides, dilation = attributes.get("strides", (1, 1)), attributes.get("dilation", (1, 1))
    reach = [dilation[axis] * (attributes["kernel_shape"][axis] - 1) + 1 for axis in (0, 1)]
    return (shape[0] - reach[0]) // strides[0] + 1, (shape[1] - reach[1]) // strides[1] + 1


def _infer_conv2d(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    rows, columns = _map_extents(inputs[0].shape, attributes)
    height, width = attributes["window"]
    return TensorType((rows // height, columns // width, attributes["kernel_shape"][3]))


def _pooled(maps: Array, node: Node) -> Array:
    height, width = node.attributes["window"]
    rows, columns, channels = node.shape
    windows = maps[:, : rows * height, : columns * width].reshape(-1, rows, height, columns, width, channels)
    pooled: Array = windows.max(axis=(2, 4))
    return pooled


def _conv2d(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, packed = arrays
    settings = node.attributes
    kernel_rows, kernel_columns, channels, filters = settings["kernel_shape"]
    groups = settings["groups"]
    matrices = unpack_panels(
        packed, kernel_rows * kernel_columns * channels, filters // groups, settings["panels"], settings["lanes"]
    )
    kernel = np.moveaxis(matrices, 0, 1).reshape(kernel_rows, kernel_columns, channels, filters)
    names = ("strides", "dilation", "groups")
    plain = {**{name: settings[name] for name in names}, "padding": NO_PADDING}
    return _pooled(_plain_convolution(x, kernel, node, environment, plain), node)


def _winograd(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, packed = arrays
    settings = node.attributes
    channels, filters = settings["kernel_shape"][2:]
    tile = settings["tile"]
    side = tile + 2
    matrices = unpack_panels(packed, channels, filters, settings["panels"], settings["lanes"])
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
    return _pooled(results.reshape(len(x), tile * tile_rows, tile * tile_columns, filters)[:, :rows, :columns], node)


def _infer_columns(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    rows, columns, filters = op_named("conv2d").infer(inputs, {**attributes, "padding": NO_PADDING}).shape
    return TensorType((rows, columns * filters))


def _columns(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, w = arrays
    settings = {**node.attributes, "padding": NO_PADDING}
    return _plain_convolution(x, w, node, environment, settings).reshape(len(x), *node.shape)


def _border(attributes: Attributes) -> dict[str, Any]:
    """The settings of the plain convolution."""
    return {"strides": (1, 1), "padding": attributes["border"], "dilation": attributes["dilation"], "groups": 1}


def _infer_scattered(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    kernel_type = TensorType(attributes["kernel_shape"], batched=False)
    rows, columns, filters = op_named("conv2d").infer([inputs[0], kernel_type], _border(attributes)).shape
    return TensorType((rows, columns * filters))


def _scattered(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, packed = arrays
    settings = node.attributes
    rows, columns, channels, filters = settings["kernel_shape"]
    turned = unpack_panels(packed, channels, columns * filters, settings["panels"], settings["lanes"])
    kernel = turned.reshape(rows, channels, columns, filters)[::-1, :, ::-1].swapaxes(1, 2)
    return _plain_convolution(x, kernel, node, environment, _border(settings)).reshape(len(x), *node.shape)


def _plain_convolution(x: Array, kernel: Array, node: Node, environment: Environment, settings: Attributes) -> Array:
    kernel_type = TensorType(kernel.shape, batched=False)
    map_type = op_named("conv2d").infer([node.inputs[0].type, kernel_type], settings)
    return op_named("conv2d").reference([x, kernel], Node("conv2d", node.inputs, map_type, settings), environment)


register("dense_panels", _infer_dense, _dense, None)
register("conv2d_panels", _infer_conv2d, _conv2d, None)
register("conv2d_columns", _infer_columns, _columns, None)
register("conv2d_scattered", _infer_scattered, _scattered, None)
register("conv2d_winograd", _infer_conv2d, _winograd, None)


def dense_panels(x: Node, w: Node, units: int, panels: Sequence[int], lanes: int, packed: bool = True) -> Node:
    return make("dense_panels", [x, w], units=units, panels=tuple(panels), lanes=lanes, packed=packed)
