"""Gradients from the places of a pool's maxima, as the kernels compute them.

* `places_beside[window, gated, ...]` pooled, x, packed: the places of the maxima that the lowered convolution `pooled`
  finds, in its kernel; `gated`: none where what `pooled` gives is not positive
* `list_places[...]` places, g: for each channel the windows whose gradient is not zero: i32[channels, 1 + 2 * room].
  A row has the number of its windows, the byte distance of each window's maximum in the convolution's map of inputs,
  and each window's g (the bits of an f32); `room` is the number of windows, rounded up to whole vectors.
* `conv2d_listed_weight_grad[kernel_shape, dilation]` x, lists: the gradient of the kernel as [cout, kh * kw * cin]
* `conv2d_placed_input_grad[...]` places, g, packed: the gradient of the map. The packed weights are panels of
  [cout * kh * kw, cin].
* `conv2d_winograd_weight_grad[tile]` x, g: the gradient of a 3x3 kernel with stride 1, as the (tile + 2)^2 matrices
  [cin, cout] of Winograd's F(tile x tile, 3x3); x has two rows and columns more than g
* `conv2d_turned_weight_grad[kernel_shape, ...]` x, g: the gradient of the kernel as [cout, kh * kw * cin / groups]
* `unpack_winograd[tile]` matrices: the gradient of the kernel itself, [3, 3, cin, cout]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.mistake import mistake
from planish.primitives.packing import unpack_panels
from planish.primitives.pool_places import NO_PLACE, gated, places_of_maxima
from planish.primitives.registry import Array, Environment, make, op_named, register
from planish.primitives.windows import NO_PADDING, taps
from planish.primitives.winograd import INPUT, KERNEL, OUTPUT


def _infer_beside(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return TensorType(inputs[0].shape, "i8")


def _beside(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    pooled, x, packed = arrays
    settings = dict(node.attributes)
    base, gate, window = settings.pop("base"), settings.pop("gated"), settings["window"]
    operands = node.inputs[1:]
    unpooled = {**settings, "window": (1, 1)}
    map_type = op_named(base).infer([operand.type for operand in operands], unpooled)
    plain = Node(base, operands, map_type, unpooled, node.layers)
    places = places_of_maxima(op_named(base).reference([x, packed], plain, environment), node.shape, window, window)
    return gated(places, pooled) if gate else places


def _infer_lists(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    rows, columns, channels = inputs[0].shape
    return TensorType((channels, 1 + 2 * room_of(rows * columns, attributes["lanes"])), "i32")


def room_of(windows: int, lanes: int) -> int:
    """Windows of a list, rounded up to whole vectors."""
    return -(-windows // lanes) * lanes


def window_distances(shape: Sequence[int], settings: Attributes) -> Array:
    """The byte distance of each window's first pixel, i64[rows * columns]."""
    down, across = settings["window_nbytes"]
    rows, columns = np.indices(shape[:2]).reshape(2, -1)
    distances: Array = rows * down + columns * across
    return distances


def _lists(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    places, g = arrays
    settings = node.attributes
    count, channels = len(g), node.shape[0]
    down, across = settings["pixel_nbytes"]
    row, column = np.divmod(places.reshape(count, -1, channels).astype(np.int64), settings["window_columns"])
    distances = window_distances(node.inputs[0].shape, settings)[:, None] + row * down + column * across
    values = g.reshape(count, -1, channels).astype(np.float32).view(np.int32)
    room = room_of(values.shape[1], settings["lanes"])
    result = np.zeros((count, *node.shape), np.int32)
    for image, channel in np.ndindex(count, channels):
        own = places.reshape(count, -1, channels)[image, :, channel]
        (live,) = np.nonzero((g.reshape(count, -1, channels)[image, :, channel] != 0) & (own != NO_PLACE))
        result[image, channel, 0] = len(live)
        result[image, channel, 1 : 1 + len(live)] = distances[image, live, channel]
        result[image, channel, 1 + room : 1 + room + len(live)] = values[image, live, channel]
    return result


def _infer_weight(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    rows, columns, channels, filters = attributes["kernel_shape"]
    return TensorType((filters, rows * columns * channels), batched=False)


def _listed_weight_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, lists = arrays
    kernel_rows, kernel_columns, channels, filters = node.attributes["kernel_shape"]
    down, across = node.attributes["dilation"]
    width = x.shape[2] * channels
    patch = np.array(
        [a * down * width + b * across * channels + c for a, b in taps((kernel_rows, kernel_columns))
         for c in range(channels)]
    )  # fmt: skip
    room = (lists.shape[2] - 1) // 2
    result = np.zeros(node.shape, x.dtype)
    for image, channel in np.ndindex(len(x), filters):
        count, own = lists[image, channel, 0], lists[image, channel, 1:]
        values = own[room : room + count].view(np.float32).astype(x.dtype)
        result[channel] += values @ x[image].reshape(-1)[own[:count, None] // 4 + patch]
    return result


def _infer_input(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return TensorType(attributes["input_shape"])


def _placed_input_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    places, g, packed = arrays
    settings = dict(node.attributes)
    rows, columns, channels, filters = settings.pop("kernel_shape")
    panels, lanes = settings.pop("panels"), settings.pop("lanes")
    turned = unpack_panels(packed, filters * rows * columns, channels, panels, lanes)
    w = turned.reshape(filters, rows, columns, channels).transpose(1, 2, 3, 0)
    leaf = Node("operand", (), TensorType(w.shape, batched=False))
    operands = (*node.inputs[:2], leaf)
    plain = Node("conv2d_pool_input_grad", operands, node.type, {**settings, "padding": NO_PADDING}, node.layers)
    return op_named(plain.op).reference([places, g, w], plain, environment)


def _infer_winograd(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    x, g = inputs
    if x.shape[:2] != tuple(extent + 2 for extent in g.shape[:2]):
        raise mistake(
            "the gradient of a 3x3 kernel by Winograd's method",
            expected="x of two rows and columns more than g",
            received=f"{x} and {g}",
        )
    return TensorType(((attributes["tile"] + 2) ** 2, x.shape[2], g.shape[2]), batched=False)


def _tiles(array: Array, extent: int, tile: int) -> Array:
    """[N, rows, columns, channels, extent, extent]: windows `tile` apart, with zeros beyond the array."""
    beyond = [(0, -(along - extent + tile) % tile) for along in array.shape[1:3]]
    padded = np.pad(array, ((0, 0), *beyond, (0, 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, (extent, extent), (1, 2))[:, ::tile, ::tile]


def _winograd_weight_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, g = arrays
    tile = node.attributes["tile"]
    into, out = INPUT[tile].astype(x.dtype), OUTPUT[tile].astype(x.dtype)
    transformed = np.einsum("ai,nrscij,bj->nrsabc", into, _tiles(x, tile + 2, tile), into, optimize=True)
    gradients = np.einsum("pa,nrsopq,qb->nrsabo", out, _tiles(g, tile, tile), out, optimize=True)
    result: Array = np.einsum("nrsabc,nrsabo->abco", transformed, gradients, optimize=True).reshape(node.shape)
    return result


def _infer_unpacked(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return TensorType((3, 3, *inputs[0].shape[1:]), batched=False)


def _unpacked(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    transform = KERNEL[node.attributes["tile"]].astype(arrays[0].dtype)
    matrices = arrays[0].reshape(len(transform), len(transform), *node.shape[2:])
    kernel: Array = np.einsum("ai,abcd,bj->ijcd", transform, matrices, transform)
    return kernel


def _infer_turned(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    op_named("conv2d_weight_grad").infer(inputs, attributes)
    return _infer_weight(inputs, attributes)


def _turned_weight_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    kernel_type = TensorType(node.attributes["kernel_shape"], batched=False)
    plain = Node("conv2d_weight_grad", node.inputs, kernel_type, node.attributes, node.layers)
    gradient = op_named(plain.op).reference(arrays, plain, environment)
    return gradient.reshape(-1, node.shape[0]).T


register("places_beside", _infer_beside, _beside, None)
register("list_places", _infer_lists, _lists, None)
register("conv2d_listed_weight_grad", _infer_weight, _listed_weight_grad, None)
register("conv2d_placed_input_grad", _infer_input, _placed_input_grad, None)
register("conv2d_winograd_weight_grad", _infer_winograd, _winograd_weight_grad, None)
register("conv2d_turned_weight_grad", _infer_turned, _turned_weight_grad, None)
register("unpack_winograd", _infer_unpacked, _unpacked, None)


def places_beside(pooled: Node, base: str, settings: dict[str, Any], *, gated: bool) -> Node:
    """i8 [N, rows, columns, cout]; `settings` are those of the lowered convolution `base` that `pooled` is."""
    return make("places_beside", [pooled, *pooled.inputs[:2]], base=base, gated=gated, **settings)


def list_places(places: Node, g: Node, **settings: Any) -> Node:
    """Settings: window_nbytes and pixel_nbytes (down, across) between neighbours in the map of inputs,
    window_columns, lanes.
    """
    return make("list_places", [places, g], **settings)


def conv2d_listed_weight_grad(x: Node, lists: Node, kernel_shape: Sequence[int], dilation: Sequence[int]) -> Node:
    return make("conv2d_listed_weight_grad", [x, lists], kernel_shape=tuple(kernel_shape), dilation=tuple(dilation))


def conv2d_placed_input_grad(places: Node, g: Node, packed: Node, **settings: Any) -> Node:
    """Settings: input_shape, kernel_shape, strides, dilation, window, pool_strides, panels, lanes."""
    return make("conv2d_placed_input_grad", [places, g, packed], **settings)


def conv2d_winograd_weight_grad(x: Node, g: Node, tile: int) -> Node:
    return make("conv2d_winograd_weight_grad", [x, g], tile=tile)


def conv2d_turned_weight_grad(x: Node, g: Node, **settings: Any) -> Node:
    """Settings: those of `conv2d_weight_grad`."""
    return make("conv2d_turned_weight_grad", [x, g], **settings)


def unpack_winograd(matrices: Node, tile: int) -> Node:
    return make("unpack_winograd", [matrices], tile=tile)
