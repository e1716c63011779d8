"""Gradients of a convolution whose result only a maximum over windows reads.

The gradient of the convolution's result is zero except at one pixel per window, the place of its maximum. With
t = places[n, r, q, o], which is pixel (i, j) = (r, q) * pool strides + (t // window columns, t % window columns):

dw[a, b, c, o] = sum over n, r, q of x[n, i*s + a*d - p, j*s + b*d - p, c] * g[n, r, q, o]
dx[n, i*s + a*d - p, j*s + b*d - p, c] += g[n, r, q, o] * w[a, b, c, o]  summed over a, b, o, r, q

Windows without a place (`NO_PLACE`) add nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.conv2d import infer as infer_convolution
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, op_named, register
from planish.primitives.windows import NO_PADDING, tap_slices, taps

CONVOLUTION = ("strides", "padding", "dilation")


def _infer_weight(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    x, places, g = inputs
    w = TensorType(attributes["kernel_shape"], batched=False)
    _check(x, w, places, g, attributes)
    return w


def _infer_input(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    places, g, w = inputs
    x = TensorType(attributes["input_shape"])
    _check(x, w, places, g, attributes)
    return x


def _map_type(x: TensorType, w: TensorType, attributes: Attributes) -> TensorType:
    settings = {name: attributes[name] for name in CONVOLUTION}
    return infer_convolution([x, w], {**settings, "groups": 1})


def _check(x: TensorType, w: TensorType, places: TensorType, g: TensorType, attributes: Attributes) -> None:
    """ValueError unless `places` and `g` are those of the pooled convolution of `x` with `w`."""
    pool = {"window": attributes["window"], "strides": attributes["pool_strides"], "padding": NO_PADDING}
    pooled = op_named("max_pool2d").infer([_map_type(x, w, attributes)], pool)
    if (g, places) != (pooled, TensorType(pooled.shape, "i8")):
        raise mistake(
            "a gradient does not have the type of its pooled convolution",
            expected=f"{pooled} and its places",
            received=f"{g} and {places}",
        )


def _spread(places: Array, g: Array, extents: Sequence[int], settings: Attributes) -> Array:
    """The gradient of the convolution's result: each `g` at its place, windows that overlap add up."""
    full = np.zeros((len(g), *extents), g.dtype)
    for number, tap in enumerate(taps(settings["window"])):
        place = (slice(None), *tap_slices(tap, g.shape[1:3], settings["pool_strides"]))
        full[place] += np.where(places == number, g, 0)
    return full


def _weight_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, places, g = arrays
    settings = node.attributes
    map_type = _map_type(node.inputs[0].type, node.type, settings)
    full = _spread(places, g, map_type.shape, settings)
    dense: dict[str, Any] = {name: settings[name] for name in (*CONVOLUTION, "kernel_shape")}
    return _meaning("conv2d_weight_grad", [x, full], node, {**dense, "groups": 1}, environment)


def _input_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    places, g, w = arrays
    settings = node.attributes
    map_type = _map_type(node.type, node.inputs[2].type, settings)
    full = _spread(places, g, map_type.shape, settings)
    dense: dict[str, Any] = {name: settings[name] for name in (*CONVOLUTION, "input_shape")}
    return _meaning("conv2d_input_grad", [full, w], node, {**dense, "groups": 1}, environment)


def _meaning(
    name: str, arrays: Sequence[Array], node: Node, attributes: dict[str, Any], environment: Environment
) -> Array:
    """What the operation `name` gives for the arrays."""
    plain = Node(name, node.inputs, node.type, attributes, node.layers)
    return op_named(name).reference(arrays, plain, environment)


register("conv2d_pool_weight_grad", _infer_weight, _weight_grad, None)
register("conv2d_pool_input_grad", _infer_input, _input_grad, None)


def conv2d_pool_weight_grad(x: Node, places: Node, g: Node, **settings: Any) -> Node:
    """`x` f32[N, h, w, cin], `places` i8 and `g` f32 [N, rows, columns, cout] -> f32[kh, kw, cin, cout].

    Settings: kernel_shape, strides, padding and dilation of the convolution, window and pool_strides.
    """
    return make("conv2d_pool_weight_grad", [x, places, g], **settings)


def conv2d_pool_input_grad(places: Node, g: Node, w: Node, **settings: Any) -> Node:
    """`places` i8 and `g` f32 [N, rows, columns, cout], `w` f32[kh, kw, cin, cout] -> f32[N, *input_shape].

    Settings: input_shape, strides, padding and dilation of the convolution, window and pool_strides.
    """
    return make("conv2d_pool_input_grad", [places, g, w], **settings)
