"""Values of a foreign network in the model that is made of it: a symbolic tensor, and how its axes are arranged.

The foreign network counts channels first. The model keeps them last, where its layers want them, so a value says which
of the network's axes each axis of the tensor is. Turning a value is then a matter of words; a layer that needs another
order asks for it, and only then is anything moved.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.layers import Permute, Reshape
from planish.symbolic import SymbolicTensor

Array = NDArray[Any]
_turns: ContextVar[dict[tuple[SymbolicTensor, Hashable], SymbolicTensor]] = ContextVar("turns")
Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class Mix:
    """An axis that was joined of several, whose extents are `shape`, while they were arranged as `order`: a flattened
    map has its channels last here, and first in the network."""

    shape: tuple[int, ...]
    order: tuple[int, ...]

    @property
    def places(self) -> NDArray[np.intp]:
        """The network's index of each element, in the order in which they are here."""
        return np.arange(math.prod(self.shape)).reshape(self.shape).transpose(self.order).reshape(-1)

    @property
    def stored(self) -> tuple[int, ...]:
        """The extents in the order in which they are here."""
        return tuple(self.shape[axis] for axis in self.order)


@dataclass(frozen=True)
class Value:
    """`order[i]` is the network's axis that is axis i of the tensor; `mixes` are the network's axes whose elements are
    in another order here."""

    tensor: SymbolicTensor
    order: tuple[int, ...]
    mixes: Mapping[int, Mix] = field(default_factory=dict)

    @property
    def rank(self) -> int:
        return len(self.order)

    @property
    def shape(self) -> Shape:
        """In the network's order. The batch's extent is None."""
        extents: dict[int, int | None] = dict(zip(self.order, self.tensor.shape, strict=True))
        return tuple(extents[axis] for axis in range(self.rank))

    @property
    def sizes(self) -> tuple[int, ...]:
        """The extents of all axes of the tensor but the batch."""
        return tuple(extent or 0 for extent in self.tensor.shape[1:])

    def place(self, axis: int) -> int:
        """The tensor's axis that is this one of the network."""
        return self.order.index(axis % self.rank)

    def like(self, tensor: SymbolicTensor) -> Value:
        """Another tensor that is arranged like this one."""
        return replace(self, tensor=tensor)


def plain(tensor: SymbolicTensor) -> Value:
    """A tensor whose axes are those of the network."""
    return Value(tensor, tuple(range(len(tensor.shape))))


def channels_last(rank: int) -> tuple[int, ...]:
    """How a map is arranged where its channels are last: the network has them behind the batch."""
    return (0, *range(2, rank), 1) if rank > 1 else tuple(range(rank))


def last(value: Value) -> Value:
    """The value with its channels last."""
    return arranged(value, channels_last(value.rank))


def given(value: Value) -> Value:
    """The value as the network has it: the same axes, and their elements in the same order."""
    return arranged(unmixed(value), tuple(range(value.rank)))


@contextlib.contextmanager
def each_turn_once() -> Iterator[None]:
    """Inside, a value that several operators want in another order is brought into it once."""
    token = _turns.set({})
    try:
        yield
    finally:
        _turns.reset(token)


def _once(tensor: SymbolicTensor, how: Hashable, make: Callable[[], SymbolicTensor]) -> SymbolicTensor:
    made = _turns.get()
    if (tensor, how) not in made:
        made[tensor, how] = make()
    return made[tensor, how]


def arranged(value: Value, order: Sequence[int]) -> Value:
    """The value with its axes in another order. Nothing moves if only axes of extent 1 change their places."""
    order = tuple(order)
    if order == value.order:
        return value
    steps = tuple(value.order.index(axis) for axis in order)
    sizes = tuple(value.sizes[step - 1] for step in steps[1:])
    wide = [step for step in steps if value.tensor.shape[step] != 1]
    layer = (lambda: Reshape(sizes)) if wide == sorted(wide) else (lambda: Permute(steps[1:]))
    turned = _once(value.tensor, steps, lambda: layer()(value.tensor))
    return replace(value, tensor=turned, order=order)


def unmixed(value: Value, axes: Sequence[int] | None = None) -> Value:
    """The value with the elements of `axes` (None: of all) in the network's order."""
    for axis, mix in value.mixes.items():
        if axes is None or axis in axes:
            value = _put_right(value, axis, mix)
    return value


def _put_right(value: Value, axis: int, mix: Mix) -> Value:
    place, sizes = value.order.index(axis), value.sizes
    before, behind = sizes[: place - 1], sizes[place:]
    turned = [place + int(step) for step in np.argsort(mix.order)]
    steps = (*range(1, place), *turned, *range(place + len(turned), len(sizes) + len(turned)))

    def put_right() -> SymbolicTensor:
        split = Reshape((*before, *mix.stored, *behind))(value.tensor)
        joined: SymbolicTensor = Reshape(sizes)(Permute(steps)(split))
        return joined

    joined = _once(value.tensor, (axis, mix), put_right)
    return replace(value, tensor=joined, mixes={key: kept for key, kept in value.mixes.items() if key != axis})


def by_value(array: Array, value: Value) -> Array:
    """A constant that is broadcast with the value in the network, as it is broadcast with the tensor: axes of extent 1
    in front are left out."""
    array = array.reshape((1,) * (value.rank - array.ndim) + array.shape).transpose(value.order)
    for axis, mix in value.mixes.items():
        place = value.order.index(axis)
        if array.shape[place] != 1:
            array = array.take(mix.places, place)
    while array.ndim and array.shape[0] == 1:
        array = array[0]
    return np.ascontiguousarray(array)


def by_channel(array: Array, value: Value, axis: int = 1) -> Array:
    """A vector of a number for each channel, in the order in which the channels are here."""
    mix = value.mixes.get(axis)
    return array if mix is None else array[mix.places]
