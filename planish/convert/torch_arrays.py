"""A model's weights as PyTorch has them: under which names, of which shape, in which order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planish.applications.convnext import LayerScale
from planish.convert.flat_order import Around, Indices, orders
from planish.layers import DepthwiseConv1D, DepthwiseConv2D, InputLayer, Layer, SeparableConv1D, SeparableConv2D
from planish.layers.base.weight_owner import WeightOwner
from planish.models import Model
from planish.variable import Variable

Array = NDArray[Any]
Shape = tuple[int, ...]


class Way(NamedTuple):
    """To PyTorch's array, back from it, and its shape."""

    there: Callable[[Array], Array]
    back: Callable[[Array], Array]
    shape: Shape


@dataclass(frozen=True, eq=False)
class Entry:
    """One weight. `module` and `role` make its name in a state dict: "features.0", "weight"."""

    module: str
    role: str
    layer: WeightOwner
    variable: Variable
    way: Way

    @property
    def name(self) -> str:
        return f"{self.module}.{self.role}" if self.module else self.role

    @property
    def shape(self) -> Shape:
        """PyTorch's."""
        return self.way.shape

    def array(self) -> Array:
        """A copy of the weight as PyTorch has it."""
        return np.array(self.way.there(np.asarray(self.variable.numpy())), order="C")

    def assign(self, array: Array) -> None:
        """Takes PyTorch's array."""
        self.variable.assign(np.ascontiguousarray(self.way.back(np.asarray(array)), self.variable.dtype))


def entries(model: Model) -> list[Entry]:
    """All weights of a built model, layer by layer, in the order in which the layers are called."""
    around = orders(model)
    found: dict[Variable, Entry] = {}
    for module, layer in _leaves(model, ""):
        for entry in _of_layer(module, layer, around.get(layer) if isinstance(layer, Layer) else None):
            found.setdefault(entry.variable, entry)
    return [*found.values()]


def _leaves(owner: WeightOwner, prefix: str) -> Iterator[tuple[str, WeightOwner]]:
    """The layers that have weights of their own, each under the names of those around it."""
    for layer in _inside(owner):
        if isinstance(layer, InputLayer):
            continue
        name = f"{prefix}{getattr(layer, 'name', type(layer).__name__)}"
        if layer.own_variables:
            yield name, layer
        yield from _leaves(layer, f"{name}.")


def _inside(owner: WeightOwner) -> Sequence[WeightOwner]:
    network = getattr(owner, "network", None)
    if network is None:
        return owner.sublayers
    return [*dict.fromkeys(call.layer for call in network.calls)]


def _of_layer(module: str, layer: WeightOwner, around: Around | None) -> Iterator[Entry]:
    for variable in layer.own_variables:
        part, role, way = _rule(layer, variable, around)
        yield Entry(".".join(each for each in (module, part) if each), role, layer, variable, way)


_VECTORS = {
    "bias": "bias",
    "beta": "bias",
    "gamma": "weight",
    "scale": "weight",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def _rule(layer: WeightOwner, variable: Variable, around: Around | None) -> tuple[str, str, Way]:
    """A part of the module, the name, and how the arrays become each other."""
    name, shape = variable.name, tuple(variable.shape)
    separable = isinstance(layer, (SeparableConv1D, SeparableConv2D))
    part = "" if not separable else "depthwise" if name == "depthwise_kernel" else "pointwise"
    if name == "depthwise_kernel" or (name == "kernel" and isinstance(layer, (DepthwiseConv1D, DepthwiseConv2D))):
        return part, "weight", _depthwise(shape)
    rows, columns = (around.rows, around.columns) if around is not None else (None, None)
    if name == "kernel" and len(shape) == 2:
        return "", "weight", _dense(shape, rows, columns)
    if name in ("kernel", "pointwise_kernel") and len(shape) > 2:
        return part, "weight", _kernel(shape)
    if isinstance(layer, LayerScale):
        return part, "layer_scale", _scale(shape)
    if name == "alpha":
        return "", "weight", _slopes(shape, rows)
    if name in _VECTORS:
        order = columns if name == "bias" else rows
        return part, _VECTORS[name], _vector(shape, order) if len(shape) == 1 else _channels_first(shape)
    return "", name, Way(_same, _same, shape)


def _same(array: Array) -> Array:
    return array


def _placed(array: Array, indices: Indices | None, axis: int) -> Array:
    """In PyTorch's order what is here in the order of `indices`."""
    return array if indices is None else array.take(np.argsort(indices), axis)


def _taken(array: Array, indices: Indices | None, axis: int) -> Array:
    return array if indices is None else array.take(indices, axis)


def _vector(shape: Shape, order: Indices | None) -> Way:
    return Way(lambda array: _placed(array, order, 0), lambda array: _taken(array, order, 0), shape)


def _dense(shape: Shape, rows: Indices | None, columns: Indices | None) -> Way:
    def there(array: Array) -> Array:
        return _placed(_placed(array, rows, 0), columns, 1).T

    def back(array: Array) -> Array:
        return _taken(_taken(array.T, rows, 0), columns, 1)

    return Way(there, back, shape[::-1])


def _turned(shape: Shape, order: Shape) -> Way:
    back = [int(axis) for axis in np.argsort(order)]
    return Way(
        lambda array: array.transpose(order),
        lambda array: array.transpose(back),
        tuple(shape[axis] for axis in order),
    )


def _kernel(shape: Shape) -> Way:
    """(..., a, b) is (b, a, ...) in PyTorch, for convolutions and for those that are transposed."""
    rank = len(shape)
    return _turned(shape, (rank - 1, rank - 2, *range(rank - 2)))


def _depthwise(shape: Shape) -> Way:
    """(..., channels, multiplier) is (channels * multiplier, 1, ...): a group for each channel."""
    *sizes, channels, multiplier = shape
    rank = len(shape)
    turned = _turned(shape, (rank - 2, rank - 1, *range(rank - 2)))
    whole = (channels * multiplier, 1, *sizes)
    return Way(
        lambda array: turned.there(array).reshape(whole),
        lambda array: turned.back(array.reshape(turned.shape)),
        whole,
    )


def _scale(shape: Shape) -> Way:
    """A number for each channel, as it is broadcast with maps that have their channels first."""
    whole = (*shape, 1, 1)
    return Way(lambda array: array.reshape(whole), lambda array: array.reshape(shape), whole)


def _slopes(shape: Shape, rows: Indices | None) -> Way:
    """PReLU's: one for each channel, or one for all; axes that share a slope have the extent 1."""
    if math.prod(shape) != shape[-1]:
        return _channels_first(shape)
    inner = _vector(shape[-1:], rows if len(shape) == 1 else None)
    return Way(
        lambda array: inner.there(array.reshape(-1)),
        lambda array: inner.back(array).reshape(shape),
        inner.shape,
    )


def _channels_first(shape: Shape) -> Way:
    return _turned(shape, (len(shape) - 1, *range(len(shape) - 1)))
