"""Products with matrices."""

from __future__ import annotations

import functools
import math

import numpy as np

from planish import ops
from planish.convert.operators.site import Array, Known, Site, operator, weighted
from planish.convert.operators.value import Value, arranged, given, plain, unmixed
from planish.layers import Dense


@operator("Gemm")
def gemm(site: Site) -> Value:
    value, kernel = site.value(), site.inputs[1]
    if value.rank != 2 or site.setting("transA", 0):
        raise site.mistake("planish keeps the images of a batch apart", expected="rows of features, and transA=0")
    alpha, beta = float(site.setting("alpha", 1.0)), float(site.setting("beta", 1.0))
    more = site.inputs[2] if site.has(2) else None
    if not isinstance(kernel, np.ndarray) or isinstance(more, Value):
        raise site.mistake("the matrix and the bias have to be constants", received="values that are computed")
    if kernel.ndim != 2:
        raise site.mistake("the matrix does not have two axes", received=kernel.shape)
    kernel = kernel.T if site.setting("transB", 0) else kernel
    bias = None if more is None or beta == 0 else _row(site, more * beta if beta != 1 else more, kernel.shape[1])
    return dense(site, value, kernel * alpha if alpha != 1 else kernel, bias)


def _row(site: Site, bias: Array, units: int) -> Array:
    """A bias as a vector of a number for each unit."""
    if bias.size not in (1, units) or (bias.ndim and bias.shape[-1] != bias.size):
        raise site.mistake("the bias is not the same for all images", expected=f"{units} numbers", received=bias.shape)
    return np.broadcast_to(bias.reshape(-1), (units,))


@operator("MatMul")
def matmul(site: Site) -> Value:
    """A third input is a bias, which `recognizing` has found behind the product."""
    first, second = site.inputs[0], site.inputs[1]
    if not (isinstance(first, Value) or isinstance(second, Value)):
        raise site.mistake("both matrices are constants", expected="one that depends on the model's input")
    if isinstance(first, Value) and isinstance(second, np.ndarray) and second.ndim == 2:
        return dense(site, first, second, site.optional(2, "the bias"))
    if isinstance(first, Value) and isinstance(second, Value) and first.rank != second.rank:
        raise site.mistake("both have to have the same number of axes", received=f"{first.shape} and {second.shape}")
    for each in (first, second):
        if isinstance(each, Value) and each.rank < 3:
            raise site.mistake("planish keeps the images of a batch apart", received=f"a value of shape {each.shape}")
    return plain(site.named(ops.matmul(_whole(site, first), _whole(site, second))))


def _whole(site: Site, item: Known | None) -> object:
    if isinstance(item, Value):
        return given(item).tensor
    if not isinstance(item, np.ndarray):
        raise site.mistake("a matrix is not given")
    array: Array = item
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    return np.ascontiguousarray(array, np.float32)


def dense(site: Site, value: Value, kernel: Array, bias: Array | None) -> Value:
    """The product along the network's last axis. The kernel's rows follow the order in which the features are here."""
    axis = value.rank - 1
    value = arranged(value, (*(place for place in value.order if place != axis), axis))
    features = value.sizes[-1]
    if axis == 0 or value.order[0] != 0 or kernel.shape[0] != features or not math.prod(kernel.shape):
        raise site.mistake(
            "the matrix does not go with the features",
            expected=f"{features} rows",
            received=f"a matrix of shape {kernel.shape}",
        )
    mix = value.mixes.get(axis)
    kernel = kernel if mix is None else kernel[mix.places]
    units = kernel.shape[1]
    make = functools.partial(site.layer, Dense, units, use_bias=bias is not None)
    settings = tuple(sorted((name, str(item)) for name, item in site.operation.settings.items()))
    layer = site.shared((site.weight_names(1, 2), settings, mix), make)
    tensor = weighted(layer, value, lambda: [kernel, *([] if bias is None else [bias.reshape(-1)])])
    return Value(tensor, value.order, {place: kept for place, kept in value.mixes.items() if place != axis})


@operator("Einsum")
def einsum(site: Site) -> Value:
    if not any(isinstance(item, Value) for item in site.inputs):
        raise site.mistake("all operands are constants", expected="one that depends on the model's input")
    values = [given(unmixed(item)).tensor if isinstance(item, Value) else item for item in site.inputs]
    return plain(site.named(ops.einsum(str(site.setting("equation", "")), *values)))
