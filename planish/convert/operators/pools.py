"""Pools: the largest number of each window, or the mean."""

from __future__ import annotations

import itertools
import math
from typing import Any

from planish import ops
from planish.convert.operators.site import Site, operator
from planish.convert.operators.value import Value, last, unmixed
from planish.convert.operators.windows import (
    LOWEST,
    Window,
    bordered,
    scaled_by_window,
    taps_inside,
    window_of,
)
from planish.layers import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from planish.symbolic import SymbolicTensor

_MAXIMA = {1: MaxPooling1D, 2: MaxPooling2D, 3: MaxPooling3D}
_MEANS = {1: AveragePooling1D, 2: AveragePooling2D, 3: AveragePooling3D}
_OF_ALL: dict[str, dict[int, Any]] = {
    "GlobalAveragePool": {1: GlobalAveragePooling1D, 2: GlobalAveragePooling2D, 3: GlobalAveragePooling3D},
    "GlobalMaxPool": {1: GlobalMaxPooling1D, 2: GlobalMaxPooling2D, 3: GlobalMaxPooling3D},
}
_NEVER_NEGATIVE = {"relu", "relu6", "sigmoid", "softmax", "softplus", "hard_sigmoid"}
_PASSES_ON = {
    "AveragePooling2D", "MaxPooling2D", "Concatenate", "Add", "Flatten", "Reshape", "Permute", "ZeroPadding2D",
    "GlobalAveragePooling2D", "GlobalMaxPooling2D", "Multiply", "MaxPooling1D", "AveragePooling1D",
}  # fmt: skip
_DEEPEST = 8
_MOST_TAPS = 1 << 10


def _map(site: Site) -> Value:
    value = site.value()
    if value.rank - 2 not in _MAXIMA:
        raise site.mistake("pools take maps", expected="1, 2 or 3 axes of space", received=value.shape)
    return last(unmixed(value, [axis for axis in value.mixes if axis != 1]))


def _window(site: Site, value: Value) -> Window:
    window = window_of(site, value.sizes[:-1], tuple(site.setting("kernel_shape", ())))
    return window.reaching_end(value.sizes[:-1]) if site.setting("ceil_mode", 0) else window


@operator("MaxPool")
def max_pool(site: Site) -> Value:
    value = _map(site)
    window = _window(site, value)
    if max(window.dilations) > 1:
        return _of_taps(site, bordered(site, value, window.borders, LOWEST), window)
    padding = window.keras_padding(value.sizes[:-1])
    if padding is None:
        fill = 0.0 if never_negative(value.tensor) else LOWEST
        value, padding = bordered(site, value, window.borders, fill), "valid"
    layer = site.layer(_MAXIMA[value.rank - 2], window.extents, window.strides, padding)
    return value.like(layer(value.tensor))


def _of_taps(site: Site, value: Value, window: Window) -> Value:
    """The maximum of maps that are shifted: one for each tap of a window with gaps."""
    if math.prod(window.extents) > _MOST_TAPS:
        raise site.mistake("the window has too many taps", expected=f"{_MOST_TAPS} at most", received=window.extents)
    counts = window.counts(value.sizes[:-1]) if not any(window.before + window.behind) else None
    sizes = value.sizes[:-1]
    spans = zip(sizes, window.spans, window.strides, strict=True)
    counts = counts or tuple((size - span) // stride + 1 for size, span, stride in spans)
    found: Any = None
    for tap in _places(window.extents):
        cuts = [slice(None)]
        for axis, place in enumerate(tap):
            first = place * window.dilations[axis]
            cuts.append(slice(first, first + (counts[axis] - 1) * window.strides[axis] + 1, window.strides[axis]))
        part = ops.get_item(value.tensor, tuple(cuts))
        found = part if found is None else ops.maximum(found, part)
    return value.like(site.named(found))


def _places(extents: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(itertools.product(*map(range, extents)))


@operator("AveragePool")
def average_pool(site: Site) -> Value:
    value = _map(site)
    sizes = value.sizes[:-1]
    window = _window(site, value)
    if max(window.dilations) > 1:
        raise site.mistake("planish does not have means of windows with gaps", expected="dilations of 1")
    counted = bool(site.setting("count_include_pad", 0))
    padding = window.keras_padding(sizes)
    shares = None
    if padding is None or (padding == "same" and counted):
        declared = window_of(site, sizes, window.extents) if counted else None
        shares = taps_inside(site, window, sizes, declared)
        value, padding = bordered(site, value, window.borders), "valid"
    layer = site.layer(_MEANS[value.rank - 2], window.extents, window.strides, padding)
    pooled = value.like(layer(value.tensor))
    return pooled if shares is None or (shares == 1).all() else scaled_by_window(site, pooled, 1 / shares)


@operator("GlobalAveragePool", "GlobalMaxPool")
def global_pool(site: Site) -> Value:
    value = _map(site)
    layer = site.layer(_OF_ALL[site.operation.kind][value.rank - 2], keepdims=True)
    return value.like(layer(value.tensor))


def never_negative(tensor: SymbolicTensor, depth: int = 0) -> bool:
    """Whether the numbers are 0 or more, whatever the image is: then zeros around a map never win a maximum."""
    layer = tensor.layer
    kind = type(layer).__name__
    if kind == "ReLU":
        return not layer.get_config().get("negative_slope") and not layer.get_config().get("threshold")
    if kind == "Activation":
        return layer.get_config().get("activation") in _NEVER_NEGATIVE
    if kind not in _PASSES_ON or depth == _DEEPEST:
        return False
    return all(never_negative(each, depth + 1) for each in tensor.record.inputs)
