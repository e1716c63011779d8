"""In which order PyTorch has the numbers of a model's values: it counts channels first, so what is flattened here comes
in another order there, and with it the rows of the Dense layer behind.

The order of a value is an array of its shape: at each place the index which PyTorch's tensor, flattened, has for the
number. What a Dense layer gives may come in any order, until a Reshape makes a map of it, which decides it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planish.layers import Concatenate, Dense, Flatten, Layer, Permute, Reshape
from planish.models import Model
from planish.models.networks.network import Network
from planish.symbolic import LayerCall, SymbolicTensor

Indices = NDArray[np.intp]


@dataclass(eq=False)
class Open:
    """The order of a vector that a Dense layer gives: any, while `indices` are None."""

    features: int
    indices: Indices | None = None


Order = Indices | Open | None
"""None where it is not known, and does not matter."""


@dataclass(frozen=True, eq=False)
class Around:
    """The orders of what a layer takes and of what it gives."""

    before: Order
    after: Order

    @property
    def rows(self) -> Indices | None:
        """The order of a vector that the layer takes, if it is not PyTorch's anyway."""
        return _vector(self.before)

    @property
    def columns(self) -> Indices | None:
        """The same of a vector that it gives."""
        return _vector(self.after)


def _vector(order: Order) -> Indices | None:
    indices = order.indices if isinstance(order, Open) else order
    if indices is None or indices.ndim != 1 or np.array_equal(indices, np.arange(indices.size)):
        return None
    return indices


def orders(model: Model) -> dict[Layer, Around]:
    """For each layer, those at its first call. Empty for a model whose layers are not known before it runs."""
    if model.network is None:
        return {}
    first = any(getattr(layer, "data_format", None) == "channels_first" for layer in model.network.leaves())
    walk = _Walk(first)
    given = [walk.standard(tensor.shape[1:]) for tensor in model.network.input_tensors]
    walk.through(model.network, given)
    return walk.found


class _Walk:
    """Goes through the calls of a network, and of those inside it."""

    def __init__(self, channels_first: bool) -> None:
        self.channels_first = channels_first
        self.found: dict[Layer, Around] = {}

    def standard(self, shape: Sequence[int | None]) -> Order:
        """A map whose channels are last here and first there; a vector as it is."""
        if None in shape:
            return None
        sizes = tuple(int(extent) for extent in shape if extent is not None)
        if self.channels_first or len(sizes) < 2:
            return np.arange(math.prod(sizes)).reshape(sizes)
        there = (sizes[-1], *sizes[:-1])
        return np.moveaxis(np.arange(math.prod(sizes)).reshape(there), 0, -1)

    def through(self, network: Network, given: Sequence[Order]) -> list[Order]:
        """The orders of the network's outputs."""
        values: dict[SymbolicTensor, Order] = dict(zip(network.input_tensors, given, strict=True))
        for call in network.calls:
            if all(output in values for output in call.outputs):
                continue
            values.update(zip(call.outputs, self._called(call, values), strict=True))
        return [values[tensor] for tensor in network.output_tensors]

    def _called(self, call: LayerCall, values: Mapping[SymbolicTensor, Order]) -> list[Order]:
        layer, before = call.layer, [values[tensor] for tensor in call.inputs]
        if isinstance(layer, Model) and layer.network is not None:
            return self.through(layer.network, [values[tensor] for tensor in layer.given_in(call)])
        outputs = call.outputs
        if len(outputs) != 1 or not before:
            return [self.standard(output.shape[1:]) for output in outputs]
        shape = outputs[0].shape[1:]
        after = self._made(layer, before, shape, call.inputs)
        self.found.setdefault(layer, Around(before[0], after))
        return [after]

    def _made(
        self, layer: Layer, before: Sequence[Order], shape: Sequence[int | None], inputs: Sequence[SymbolicTensor]
    ) -> Order:
        first = before[0]
        if None in shape or first is None:
            return self.standard(shape)
        sizes = tuple(int(extent) for extent in shape if extent is not None)
        if isinstance(layer, Dense) and len(sizes) == 1:
            return Open(sizes[0])
        if isinstance(layer, Flatten):
            return first if isinstance(first, Open) else self._flattened(layer, first)
        if isinstance(layer, Reshape):
            return self._reshaped(first, sizes)
        if isinstance(layer, Permute) and not isinstance(first, Open):
            return first.transpose([axis - 1 for axis in layer.dims])
        if isinstance(layer, Concatenate) and len(sizes) == 1:
            return np.concatenate(list(_one_behind_another(before)))
        if tuple(inputs[0].shape[1:]) == tuple(shape):
            return next((order for order in before if order is not None and not isinstance(order, Open)), first)
        return self.standard(shape)

    def _flattened(self, layer: Flatten, order: Indices) -> Indices:
        if layer.data_format == "channels_first" and order.ndim > 1:
            order = np.moveaxis(order, 0, -1)
        return order.reshape(-1)

    def _reshaped(self, order: Indices | Open, sizes: tuple[int, ...]) -> Order:
        if not isinstance(order, Open):
            return order.reshape(sizes)
        if len(sizes) == 1:
            return order
        made = self.standard(sizes)
        if order.indices is None and isinstance(made, np.ndarray):
            order.indices = made.reshape(-1)
        return made


def _one_behind_another(orders: Sequence[Order]) -> Iterator[Indices]:
    start = 0
    for order in orders:
        assert order is not None
        indices = np.arange(order.features) if isinstance(order, Open) else order
        yield indices + start
        start += indices.size
