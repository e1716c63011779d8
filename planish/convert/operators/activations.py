"""Activation functions: layers where Keras has them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from planish import ops
from planish.convert.operators.site import Site, image_axis, operator
from planish.convert.operators.value import Value, by_value, unmixed
from planish.layers import ELU, Activation, LeakyReLU, PReLU, ReLU, Softmax

_BY_NAME = {
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "HardSwish": "hard_silu",
    "Mish": "mish",
}
_SELU = (1.6732632423543772, 1.0507009873554805)


@operator(*_BY_NAME)
def activation(site: Site) -> Value:
    return _activated(site, _BY_NAME[site.operation.kind])


def _activated(site: Site, name: str) -> Value:
    value = site.value()
    return value.like(site.layer(Activation, name)(value.tensor))


def _through(site: Site, layer: Any) -> Value:
    value = site.value()
    return value.like(layer(value.tensor))


@operator("Relu")
def relu(site: Site) -> Value:
    return _through(site, site.layer(ReLU))


@operator("Clip")
def clip(site: Site) -> Value:
    value = site.value()
    low, high = (None if each is None else float(each.reshape(-1)[0]) for each in map(site.bound, (1, 2)))
    if low == 0:
        return _through(site, site.layer(ReLU, None if high is None or math.isinf(high) else high))
    if low is None and high is None:
        return value
    if high is None or low is None:
        function = ops.maximum if high is None else ops.minimum
        return value.like(site.named(function(value.tensor, low if high is None else high)))
    return value.like(site.named(ops.clip(value.tensor, low, high)))


@operator("LeakyRelu")
def leaky_relu(site: Site) -> Value:
    return _through(site, site.layer(LeakyReLU, negative_slope=float(site.setting("alpha", 0.01))))


@operator("Elu")
def elu(site: Site) -> Value:
    return _through(site, site.layer(ELU, alpha=float(site.setting("alpha", 1.0))))


@operator("Celu")
def celu(site: Site) -> Value:
    value = site.value()
    return value.like(site.named(ops.celu(value.tensor, float(site.setting("alpha", 1.0)))))


@operator("Selu")
def selu(site: Site) -> Value:
    alpha, gamma = float(site.setting("alpha", _SELU[0])), float(site.setting("gamma", _SELU[1]))
    if np.allclose((alpha, gamma), _SELU, rtol=1e-6):
        return _activated(site, "selu")
    value = site.value()
    return value.like(site.named(ops.multiply(ops.elu(value.tensor, alpha), gamma)))


@operator("ThresholdedRelu")
def thresholded_relu(site: Site) -> Value:
    value = site.value()
    return value.like(site.named(ops.threshold(value.tensor, float(site.setting("alpha", 1.0)), 0.0)))


@operator("HardSigmoid")
def hard_sigmoid(site: Site) -> Value:
    alpha, beta = float(site.setting("alpha", 0.2)), float(site.setting("beta", 0.5))
    if math.isclose(alpha, 1 / 6, rel_tol=1e-6) and beta == 0.5:
        return _activated(site, "hard_sigmoid")
    value = site.value()
    return value.like(site.named(ops.clip(ops.add(ops.multiply(value.tensor, alpha), beta), 0.0, 1.0)))


@operator("Swish")
def swish(site: Site) -> Value:
    alpha = float(site.setting("alpha", 1.0))
    if alpha == 1:
        return _activated(site, "silu")
    value = site.value()
    return value.like(site.named(ops.multiply(value.tensor, ops.sigmoid(ops.multiply(value.tensor, alpha)))))


@operator("Gelu")
def gelu(site: Site) -> Value:
    if site.setting("approximate", "none") != "tanh":
        return _activated(site, "gelu")
    value = site.value()
    return value.like(site.named(ops.gelu(value.tensor, approximate=True)))


@operator("Shrink")
def shrink(site: Site) -> Value:
    value = site.value()
    limit, bias = float(site.setting("lambd", 0.5)), float(site.setting("bias", 0.0))
    x = value.tensor
    above = ops.where(ops.greater(x, limit), ops.subtract(x, bias), 0.0)
    return value.like(site.named(ops.where(ops.less(x, -limit), ops.add(x, bias), above)))


@operator("PRelu")
def prelu(site: Site) -> Value:
    value, slope = site.value(), site.constant(1, "the slope")
    arranged = by_value(slope, value)
    if arranged.ndim > value.rank - 1:
        raise site.mistake("the slope is not the same for all images", received=slope.shape)
    if not arranged.ndim and site.library != "PyTorch":  # whose only slope is a weight of a module
        return value.like(site.layer(LeakyReLU, negative_slope=float(arranged))(value.tensor))
    shape = (1,) * (value.rank - 1 - arranged.ndim) + arranged.shape
    shared = [axis for axis, extent in enumerate(shape, 1) if extent == 1]
    layer = site.layer(PReLU, shared_axes=shared or None)
    tensor = layer(value.tensor)
    layer.set_weights([arranged.reshape(shape)])
    return value.like(tensor)


@operator("Softmax", "LogSoftmax")
def softmax(site: Site) -> Value:
    value = site.value()
    place = value.place(image_axis(site, "axis", -1, value.rank))
    if site.operation.kind == "LogSoftmax":
        return value.like(site.named(ops.log_softmax(value.tensor, axis=place)))
    layer = site.layer(Softmax, axis=place) if place < value.rank - 1 else site.layer(Activation, "softmax")
    return value.like(layer(value.tensor))


@operator("Hardmax")
def hardmax(site: Site) -> Value:
    value = unmixed(site.value())
    axis = image_axis(site, "axis", -1, value.rank)
    place = value.place(axis)
    if place != value.rank - 1:
        raise site.mistake("planish takes the largest along the last axis", received=f"axis={axis}")
    chosen = ops.argmax(value.tensor, axis=-1)
    return value.like(site.named(ops.one_hot(chosen, value.sizes[-1])))
