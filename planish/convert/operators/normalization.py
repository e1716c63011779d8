"""Normalizations, whose weights are those of planish's layers."""

from __future__ import annotations

import functools
import math

import numpy as np

from planish import ops
from planish.convert.operators.site import Array, Site, image_axis, operator, weighted
from planish.convert.operators.value import Value, by_channel, by_value, last, unmixed
from planish.layers import BatchNormalization, Conv2D, GroupNormalization, LayerNormalization

_MOST_CHANNELS = 1 << 12
"""Whose neighbours are summed by a matrix of their number squared."""

_ROUND_OFF = 1e-5
"""What ONNX adds to variances, if a file does not say it."""


def _vector(site: Site, place: int, what: str, channels: int) -> Array:
    found = site.constant(place, what).reshape(-1)
    if found.size != channels:
        raise site.mistake(f"{what} does not go with the map", expected=f"{channels} numbers", received=found.shape)
    return found


@operator("BatchNormalization")
def batch_normalization(site: Site) -> Value:
    value = site.value()
    if value.rank < 2 or not site.setting("spatial", 1):
        raise site.mistake("planish normalizes channels", expected="maps or features", received=value.shape)
    value = last(value)
    channels = value.sizes[-1]
    names = ("the scale", "the bias", "the mean", "the variance")
    given = [(place, name) for place, name in enumerate(names, 1) if place > 2 or site.has(place)]
    weights = [by_channel(_vector(site, place, name, channels), value) for place, name in given]
    epsilon, momentum = float(site.setting("epsilon", _ROUND_OFF)), float(site.setting("momentum", 0.9))
    make = functools.partial(
        site.layer,
        BatchNormalization,
        epsilon=epsilon,
        momentum=momentum,
        scale=site.has(1),
        center=site.has(2),
    )
    layer = site.shared((site.weight_names(1, 2, 3, 4), epsilon, momentum, value.mixes.get(1)), make)
    return value.like(weighted(layer, value, lambda: weights))


@operator("InstanceNormalization")
def instance_normalization(site: Site) -> Value:
    value = last(unmixed(site.value()))
    names = ((1, "the scale"), (2, "the bias"))
    weights = [_vector(site, place, what, value.sizes[-1]) for place, what in names if site.has(place)]
    return _grouped(site, value, -1, weights)


@operator("GroupNormalization")
def group_normalization(site: Site) -> Value:
    """Version 18 has a scale for each group, version 21 for each channel."""
    value = last(unmixed(site.value()))
    channels, groups = value.sizes[-1], int(site.setting("num_groups", 1))
    weights = []
    for place, what in ((1, "the scale"), (2, "the bias")):
        if not site.has(place):
            continue
        found = site.constant(place, what).reshape(-1)
        of_each = found.size == groups != channels and channels % groups == 0
        weights.append(np.repeat(found, channels // groups) if of_each else _vector(site, place, what, channels))
    return _grouped(site, value, groups, weights)


def _grouped(site: Site, value: Value, groups: int, weights: list[Array]) -> Value:
    epsilon = float(site.setting("epsilon", _ROUND_OFF))
    make = functools.partial(
        site.layer, GroupNormalization, groups, epsilon=epsilon, scale=site.has(1), center=site.has(2)
    )
    layer = site.shared((site.weight_names(1, 2), groups, epsilon) if weights else object(), make)
    return value.like(weighted(layer, value, lambda: weights))


@operator("LayerNormalization")
def layer_normalization(site: Site) -> Value:
    value = site.value()
    first = image_axis(site, "axis", -1, value.rank)
    axes = sorted(value.place(axis) for axis in range(first, value.rank))
    shape = [value.shape[axis] or 1 for axis in range(first, value.rank)]
    given = [site.optional(1, "the scale"), site.optional(2, "the bias")]
    weights = [_by_axes(site, array, shape, value) for array in given if array is not None]
    epsilon = float(site.setting("epsilon", _ROUND_OFF))
    center, scale = given[1] is not None, given[0] is not None
    make = functools.partial(
        site.layer,
        LayerNormalization,
        axis=axes if len(axes) > 1 else axes[0],
        epsilon=epsilon,
        center=center,
        scale=scale,
    )
    key = (site.weight_names(1, 2), epsilon, tuple(axes), tuple(value.mixes.items()))
    layer = site.shared(key if given[0] is not None else object(), make)
    return value.like(weighted(layer, value, lambda: weights))


def _by_axes(site: Site, array: Array, shape: list[int], value: Value) -> Array:
    """A weight for the last axes of the network, in the order in which they are here."""
    if array.size != math.prod(shape):
        raise site.mistake("the weights do not go with the value", expected=tuple(shape), received=array.shape)
    whole = by_value(array.reshape(shape), value)
    places = sorted(value.place(axis) for axis in range(value.rank - len(shape), value.rank))
    return whole.reshape([value.tensor.shape[place] or 1 for place in places])


@operator("LRN")
def local_response_normalization(site: Site) -> Value:
    """Divides by a power of the sum of squares over neighbouring channels: a convolution whose weights stay."""
    value = last(unmixed(site.value()))
    channels, size = value.sizes[-1], int(site.setting("size", 1))
    if value.rank != 4 or size < 1 or channels > _MOST_CHANNELS:
        raise site.mistake("planish normalizes images", received=value.shape)
    alpha, beta, bias = (
        float(site.setting(name, default)) for name, default in (("alpha", 1e-4), ("beta", 0.75), ("bias", 1.0))
    )
    distance = np.arange(channels)[:, None] - np.arange(channels)  # input minus output
    near = (distance >= -((size - 1) // 2)) & (distance <= size // 2)
    layer = site.layer(Conv2D, channels, 1, trainable=False, suffix="squares")
    squares = layer(ops.square(value.tensor))
    layer.set_weights([(near * (alpha / size))[None, None], np.full(channels, bias)])
    return value.like(site.named(ops.multiply(value.tensor, ops.power(squares, -beta))))


@operator("LpNormalization")
def lp_normalization(site: Site) -> Value:
    value = site.value()
    axis = image_axis(site, "axis", -1, value.rank)
    order = int(site.setting("p", 2))
    return value.like(site.named(ops.normalize(value.tensor, axis=value.place(axis), order=order)))


@operator("MeanVarianceNormalization")
def mean_variance_normalization(site: Site) -> Value:
    raise site.mistake(
        "its default takes means over the batch, which planish keeps apart",
        remedy="InstanceNormalization, or normalize the images before they are given",
    )
