"""Convolutions, and convolutions in the opposite direction."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from planish.convert.operators.site import MOST_NUMBERS, Array, Site, operator, weighted
from planish.convert.operators.value import Value, last, unmixed
from planish.convert.operators.windows import Window, bordered, cropped, numbers, window_of
from planish.layers import (
    Conv1D,
    Conv1DTranspose,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    DepthwiseConv1D,
    DepthwiseConv2D,
    Layer,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)

_CONVOLUTIONS = {1: Conv1D, 2: Conv2D, 3: Conv3D}
_DEPTHWISE = {1: DepthwiseConv1D, 2: DepthwiseConv2D}
_TRANSPOSED = {1: Conv1DTranspose, 2: Conv2DTranspose}
_EVERY_SO_MANY = {1: MaxPooling1D, 2: MaxPooling2D, 3: MaxPooling3D}


def _checked(site: Site, ranks: tuple[int, ...]) -> tuple[Value, Array, Array | None, int]:
    """The map with its channels last, the kernel, the bias and the number of groups."""
    value, kernel, bias = site.value(), site.constant(1, "the kernel"), site.optional(2, "the bias")
    groups = int(site.setting("group", 1))
    if value.rank - 2 not in ranks or kernel.ndim != value.rank:
        raise site.mistake(
            "planish does not have this convolution",
            expected=f"maps of {' or '.join(map(str, ranks))} axes of space, and a kernel of as many",
            received=f"a value of shape {value.shape}, a kernel of shape {kernel.shape}",
        )
    value = last(unmixed(value, [axis for axis in value.mixes if axis != 1]))
    channels = value.sizes[-1]
    transposed = site.operation.kind == "ConvTranspose"
    taken = kernel.shape[0] if transposed else kernel.shape[1] * groups
    filters = kernel.shape[1] * groups if transposed else kernel.shape[0]
    if groups < 1 or taken != channels or filters % groups or 0 in kernel.shape:
        raise site.mistake(
            "the kernel does not go with the map",
            expected=f"{channels} channels in {groups} groups",
            received=f"a kernel of shape {kernel.shape}",
        )
    if bias is not None and bias.size != filters:
        raise site.mistake("the bias does not go with the kernel", expected=filters, received=bias.shape)
    return value, kernel, bias, groups


@operator("Conv")
def convolution(site: Site) -> Value:
    value, kernel, bias, groups = _checked(site, (1, 2, 3))
    window = window_of(site, value.sizes[:-1], kernel.shape[2:])
    each = groups == value.sizes[-1] > 1 and kernel.ndim - 2 in _DEPTHWISE and len(set(window.strides)) == 1
    mix = value.mixes.get(1)
    if mix is not None and groups > 1:
        value, mix = unmixed(value), None
    padding = window.keras_padding(value.sizes[:-1])
    if padding is None:
        value, padding = bordered(site, value, window.borders), "valid"
    sparse = max(window.strides) > 1 and max(window.dilations) > 1
    strides = (1,) * len(window.strides) if sparse else window.strides
    if sparse and padding == "same":
        value, padding = bordered(site, value, window.borders), "valid"
    settings: dict[str, Any] = {"strides": strides, "padding": padding, "dilation_rate": window.dilations}
    settings["use_bias"] = bias is not None
    make = functools.partial(_depthwise if each else _full, site, kernel, groups, settings)
    key = (site.weight_names(1, 2), tuple(settings.items()), groups, mix)
    layer = site.shared(key, make)
    arranged = _by_channel(kernel, groups) if each else _by_filter(kernel if mix is None else kernel[:, mix.places])
    tensor = weighted(layer, value, lambda: [arranged, *([] if bias is None else [bias.reshape(-1)])])
    return _every_so_many(site, Value(tensor, value.order), window) if sparse else Value(tensor, value.order)


def _full(site: Site, kernel: Array, groups: int, settings: dict[str, Any]) -> Layer:
    return site.layer(_CONVOLUTIONS[kernel.ndim - 2], kernel.shape[0], kernel.shape[2:], groups=groups, **settings)


def _depthwise(site: Site, kernel: Array, groups: int, settings: dict[str, Any]) -> Layer:
    multiplier = kernel.shape[0] // groups
    return site.layer(_DEPTHWISE[kernel.ndim - 2], kernel.shape[2:], depth_multiplier=multiplier, **settings)


def _by_filter(kernel: Array) -> Array:
    """[filters, channels, *window] as [*window, channels, filters]."""
    return kernel.transpose(*range(2, kernel.ndim), 1, 0)


def _by_channel(kernel: Array, channels: int) -> Array:
    """[channels * multiplier, 1, *window] as [*window, channels, multiplier]."""
    each = kernel.reshape(channels, -1, *kernel.shape[2:])
    return np.moveaxis(each, (0, 1), (-2, -1))


def _every_so_many(site: Site, value: Value, window: Window) -> Value:
    """Every so many pixels of a map: Keras's convolutions do not have strides and dilation at once."""
    layer = site.layer(_EVERY_SO_MANY[value.rank - 2], (1,) * len(window.strides), window.strides, suffix="strides")
    return value.like(layer(value.tensor))


@operator("ConvTranspose")
def transposed_convolution(site: Site) -> Value:
    value, kernel, bias, groups = _checked(site, (1, 2))
    value = unmixed(value)
    window = window_of_transposed(site, value, kernel)
    more = numbers(site, "output_padding", 0, value.rank - 2) if site.setting("output_padding", None) else None
    more = more or (0,) * (value.rank - 2)
    settings: dict[str, Any] = {"strides": window.strides, "dilation_rate": window.dilations, "output_padding": more}
    settings["use_bias"] = bias is not None
    filters = kernel.shape[1] * groups
    make = functools.partial(site.layer, _TRANSPOSED[value.rank - 2], filters, window.extents, **settings)
    layer = site.shared((site.weight_names(1, 2), tuple(settings.items()), groups), make)
    biases = [] if bias is None else [bias.reshape(-1)]
    tensor = weighted(layer, value, lambda: [_spread(site, kernel, groups), *biases])
    return cropped(site, Value(tensor, value.order), window.borders)


def window_of_transposed(site: Site, value: Value, kernel: Array) -> Window:
    """The window of a convolution in the opposite direction; its borders are cut off the result."""
    rank, sizes = value.rank - 2, value.sizes[:-1]
    strides, dilations = numbers(site, "strides", 1, rank), numbers(site, "dilations", 1, rank)
    more = tuple(int(number) for number in site.setting("output_padding", (0,) * rank))
    pads = numbers(site, "pads", 0, 2 * rank)
    window = Window(tuple(kernel.shape[2:]), strides, dilations, pads[:rank], pads[rank:])
    wanted = site.setting("output_shape", None)
    how = str(site.setting("auto_pad", "NOTSET"))
    if wanted is None and how not in ("SAME_UPPER", "SAME_LOWER"):
        return window
    result = tuple(wanted)[-rank:] if wanted is not None else [a * b for a, b in zip(sizes, strides, strict=True)]
    whole = [
        (size - 1) * stride + span + extra
        for size, stride, span, extra in zip(sizes, strides, window.spans, more, strict=True)
    ]
    over = [size - int(kept) for size, kept in zip(whole, result, strict=True)]
    less, rest = tuple(each // 2 for each in over), tuple(each - each // 2 for each in over)
    first, behind = (less, rest) if how == "SAME_UPPER" else (rest, less)
    return Window(window.extents, strides, dilations, first, behind)


def _spread(site: Site, kernel: Array, groups: int) -> Array:
    """[channels, filters of a group, *window] as [*window, filters, channels]: zeros where groups do not meet."""
    channels, filters = kernel.shape[:2]
    if kernel.size * groups > MOST_NUMBERS:
        raise site.too_large(kernel.shape)
    whole = np.zeros((*kernel.shape[2:], filters * groups, channels), kernel.dtype)
    own = channels // groups
    for group in range(groups):
        part = kernel[group * own : (group + 1) * own]
        whole[..., group * filters : (group + 1) * filters, group * own : (group + 1) * own] = np.moveaxis(
            part, (0, 1), (-1, -2)
        )
    return whole
