"""What PyTorch has and ONNX does not, or not yet in version 18: pools into so many windows, means of squares, and
trained numbers for each channel."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from planish.applications.convnext import LayerScale
from planish.convert.operators.site import Array, Site, operator, weighted
from planish.convert.operators.value import Value, by_value, last, unmixed
from planish.layers import (
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
    RMSNormalization,
)

_POOLS: dict[str, tuple[Any, Any, Any]] = {
    "AdaptiveAveragePool": (AdaptiveAveragePooling1D, AdaptiveAveragePooling2D, AdaptiveAveragePooling3D),
    "AdaptiveMaxPool": (AdaptiveMaxPooling1D, AdaptiveMaxPooling2D, AdaptiveMaxPooling3D),
}


@operator(*_POOLS)
def adaptive_pool(site: Site) -> Value:
    """`output_size`: how many windows each axis of space is cut into."""
    value = last(unmixed(site.value()))
    size = tuple(int(extent) for extent in site.setting("output_size", ()))
    if value.rank - 2 not in (1, 2, 3) or len(size) != value.rank - 2:
        raise site.mistake("pools take maps", expected=f"{value.rank - 2} windows", received=size)
    layer = site.layer(_POOLS[site.operation.kind][value.rank - 3], size[0] if len(size) == 1 else size)
    return value.like(layer(value.tensor))


@operator("RMSNormalization")
def rms_normalization(site: Site) -> Value:
    value = site.value()
    first = int(site.setting("axis", -1)) % value.rank
    if first != value.rank - 1:
        raise site.mistake("planish takes the mean of squares along one axis", expected="axis=-1", received=first)
    place = value.place(first)
    layer = site.layer(RMSNormalization, axis=place, epsilon=float(site.setting("epsilon", 1e-5)))
    scale = site.optional(1, "the scale")
    features = value.tensor.shape[place] or 1
    weights = np.ones(features, np.float32) if scale is None else scale.reshape(-1)
    return value.like(weighted(layer, value, lambda: [by_value(weights, value).reshape(-1)]))


def scaled(site: Site, value: Value, array: Array) -> Value | None:
    """A product with trained numbers, one for each channel, as a layer that goes on training them; None if there are
    others."""
    value = last(value) if value.rank > 2 else value
    channels = value.sizes[-1]
    if array.ndim > value.rank or (array.ndim == value.rank and array.shape[0] != 1):
        return None
    vector = by_value(array, value)
    if vector.shape != (channels,):
        return None
    make = functools.partial(site.layer, LayerScale, 1.0, channels)
    layer = site.shared((site.weight_names(0, 1), value.mixes.get(value.rank - 1)), make)
    return value.like(weighted(layer, value, lambda: [vector]))
