"""The order of a flat vector: which number of it is which (row, column, channel) of the feature map."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish.errors import explain
from planish.flattening import arrays
from planish.flattening.axes import axis_names, channels_from_end, channels_to_end, checked_format
from planish.flattening.unflatten import unflatten
from planish.flattening.window import Window, window_of
from planish.graph.graph import topological
from planish.graph.node import Node

Integers = int | NDArray[np.int64]


@dataclass(frozen=True)
class FlattenMap:
    """How a feature map becomes a flat vector, and back.

    `shape` is the map's as arrays have it, without the batch axis; `data_format` says where its channels are. `order`
    says how the vector runs: 'channels_last' has all channels of the first pixel first (Keras's Flatten, whatever the
    data format), 'channels_first' has all pixels of the first channel first (PyTorch's Flatten).

    Coordinates are (row, column, channel), in both data formats. Maps of other ranks have the coordinates
    (feature), (row, column), (depth, row, column, channel) or (axis_1, ..., channel).

    `image_format`, `feature_map` and `traced` are given by layers in models, for receptive fields.

    >>> keras.FlattenMap((4, 4, 3)).index(1, 2, 0)
    18
    """

    shape: tuple[int, ...]
    data_format: str = "channels_last"
    order: str = "channels_last"
    image_format: str = "channels_last"
    """Where the channels of the images are that the model takes."""
    feature_map: Node | None = field(default=None, repr=False, compare=False)
    """The map in the model's graph: what receptive fields are traced back from."""
    traced: Traced | None = field(default=None, repr=False, compare=False)
    """The model that this is about, for what is asked by the names of its layers and inputs."""

    def __post_init__(self) -> None:
        for name in ("data_format", "order", "image_format"):
            checked_format(f"{name} of a FlattenMap", getattr(self, name))
        if any(not _is_extent(extent) for extent in self.shape):
            raise ValueError(
                explain(
                    what="FlattenMap: this is not the shape of a feature map",
                    expected="extents from 1 on, without the batch axis, such as (5, 5, 64)",
                    received=tuple(self.shape),
                )
            )
        object.__setattr__(self, "shape", tuple(int(extent) for extent in self.shape))

    @property
    def size(self) -> int:
        """How long the flat vector is."""
        return math.prod(self.shape)

    @property
    def axis_names(self) -> tuple[str, ...]:
        """The coordinates by name, in the order in which `index` takes and `position` gives them."""
        return axis_names(len(self.shape), self.data_format)

    @property
    def extents(self) -> tuple[int, ...]:
        """The extent of each coordinate, in the order of `axis_names`."""
        return channels_to_end(self.shape, self.data_format)

    # -- index and position ------------------------------------------------------------------------------------------

    def index(self, *coordinates: ArrayLike, **named: ArrayLike) -> Any:
        """Where in the flat vector an element of the map is: `index(row, column, channel)`, by position or by name.

        Integers give an int, arrays of integers an int64 array of the shape to which they broadcast. IndexError for a
        coordinate outside the map, TypeError for missing coordinates and for what is not an integer.
        """
        given = self._coordinates(coordinates, named)
        steps = self._steps()
        try:
            total = sum(place * step for place, step in zip(given, steps, strict=True))
        except ValueError:
            shapes = (f"{name} of shape {each.shape}" for name, each in zip(self.axis_names, given, strict=True))
            raise ValueError(
                explain(
                    what="FlattenMap.index: the coordinates do not go together",
                    rule="axes are compared from the last; they have to be equal or one",
                    received=", ".join(shapes),
                )
            ) from None
        return _plain(np.asarray(total, np.int64))

    def position(self, index: ArrayLike) -> tuple[Any, ...]:
        """(row, column, channel) of an element of the flat vector; of an array of indices, an array for each.

        IndexError for an index outside the vector, TypeError for what is not an integer.
        """
        flat = self._checked(index, "index", self.size, "the flat vector")
        return tuple(_plain(flat // step % extent) for step, extent in zip(self._steps(), self.extents, strict=True))

    def _steps(self) -> tuple[int, ...]:
        """How far apart neighbours along each coordinate are in the flat vector."""
        as_joined = channels_from_end(self.extents, self.order)
        steps = tuple(math.prod(as_joined[axis + 1 :]) for axis in range(len(as_joined)))
        return channels_to_end(steps, self.order)

    def _coordinates(self, given: tuple[ArrayLike, ...], named: Mapping[str, ArrayLike]) -> list[NDArray[np.int64]]:
        names = self.axis_names
        by_name = {**dict(zip(names, given, strict=False)), **named}
        twice = set(names[: len(given)]) & set(named)
        if len(given) > len(names) or twice or set(by_name) != set(names):
            raise TypeError(
                explain(
                    what="FlattenMap.index: a map of this shape has other coordinates",
                    expected=f"index({', '.join(names)}) for a map of shape {self.shape}, {self.data_format}",
                    received=f"{len(given)} without a name" + (f", {', '.join(sorted(named))}" if named else ""),
                )
            )
        what = f"the map of shape {self.shape}, {self.data_format}"
        return [
            self._checked(by_name[name], name, extent, what) for name, extent in zip(names, self.extents, strict=True)
        ]

    def _checked(self, value: ArrayLike, name: str, extent: int, owner: str) -> NDArray[np.int64]:
        """`value` as int64. IndexError, naming the axis and its extent, if it is outside."""
        places = np.asarray(value)
        if places.size and places.dtype.kind not in "iu":
            raise TypeError(
                explain(
                    what=f"FlattenMap: {name} takes integers",
                    expected=f"0 to {extent - 1}",
                    received=f"{value!r}" if places.ndim == 0 else f"an array of {places.dtype}",
                )
            )
        wrong = places[(places < 0) | (places >= extent)]
        if wrong.size:
            raise IndexError(
                explain(
                    what=f"FlattenMap: {name} {wrong.flat[0]} is outside {owner}",
                    expected=f"{name} 0 to {extent - 1}: the extent is {extent}",
                    received=int(wrong.flat[0]),
                )
            )
        return places.astype(np.int64)

    # -- orders ------------------------------------------------------------------------------------------------------

    def permutation(self, to: str = "channels_first", inverse: bool = False) -> NDArray[np.int64]:
        """The int64 array p that brings flat vectors into the order `to`: `flat_to = flat[..., p]`.

        With `inverse`, the array that brings them back: `flat = flat_to[..., p]`. The rows of a Dense kernel
        [size, units] go the same way: `kernel_to = kernel[p]`. ValueError if `to` is not an order.
        """
        checked_format("order in FlattenMap.permutation", to)
        indices = np.arange(self.size, dtype=np.int64).reshape(channels_from_end(self.extents, self.order))
        if to != self.order and indices.ndim:
            indices = np.moveaxis(indices, 0, -1) if to == "channels_last" else np.moveaxis(indices, -1, 0)
        forward = indices.reshape(-1)
        if not inverse:
            return forward
        back = np.empty_like(forward)
        back[forward] = np.arange(self.size)
        return back

    def unflatten(self, x: Any, axis: int = 0) -> Any:
        """`x` with its flat axis laid out as the feature map: [size] -> shape, [size, units] -> [*shape, units].

        `axis` is the flat one: -1 for flat vectors [images, size], 1 for a PyTorch weight [units, size]. Any kind of
        array gives one of its kind, which is a view where its library can make one. ValueError if the axis has another
        length than the map has elements.
        """
        if isinstance(x, (list, tuple)):
            x = np.asarray(x)
        rank = len(x.shape)
        if not -rank <= operator.index(axis) < rank or x.shape[axis] != self.size:
            fitting = [other for other in range(rank) if x.shape[other] == self.size]
            raise ValueError(
                explain(
                    what="FlattenMap.unflatten: the array has no flat axis there",
                    expected=f"{self.size:,} elements along axis {axis}, for a map of shape {self.shape}",
                    received=f"shape {tuple(x.shape)}",
                    remedy=f"axis={fitting[0]}" if fitting else None,
                )
            )
        first = axis % rank
        parts = unflatten(x, first, channels_from_end(self.extents, self.order))
        if self.order == self.data_format or not self.shape:
            return parts
        last = first + len(self.shape) - 1
        before, inside, after = range(first), list(range(first, last + 1)), range(last + 1, rank + len(self.shape) - 1)
        turned = [inside[-1], *inside[:-1]] if self.data_format == "channels_first" else [*inside[1:], inside[0]]
        return arrays.permuted(parts, (*before, *turned, *after))

    # -- what it saw -------------------------------------------------------------------------------------------------

    def receptive_field(self, index: int, *, through: Any = None, input: str | int | None = None) -> Window:
        """The window of the image that reaches element `index` of the flat vector, whatever way it takes.

        `through`: only what comes by way of this layer, given by itself or its name, or by (layer, n) where it is used
        several times. `input`: which input of the model the window is of, by name or place; None means the only one
        that reaches the map.

        IndexError for an index outside the vector, TypeError for anything but one integer, ValueError for a map that
        does not know the layers before it, and for layers and inputs that there are not.
        """
        position = self.position(index)
        if np.ndim(index):
            raise TypeError(
                explain(
                    what="FlattenMap.receptive_field: a window belongs to one element",
                    expected=f"one index, 0 to {self.size - 1}",
                    received=f"an array of shape {np.shape(index)}",
                )
            )
        if self.feature_map is None:
            raise ValueError(
                explain(
                    what="this FlattenMap does not know the layers before it, so it has no receptive fields",
                    remedy="take the map of a layer in a built model: model.get_layer('flatten').map",
                )
            )
        image, image_format = self.image(input)
        nodes = None if through is None else self._known(through).outputs_through(through)
        return window_of(self.feature_map, channels_from_end(position, self.data_format), image, image_format, nodes)

    def image(self, input: str | int | None = None) -> tuple[Node, str]:
        """The input of that name or place, None for the only one that reaches the map, and where its channels are.

        ValueError if there is no such input, or several reach the map and None is given.
        """
        assert self.feature_map is not None
        if self.traced is not None:
            image = self.traced.input(input, self.feature_map)
            return image, self.traced.image_format(image, self.data_format)
        inputs = [node for node in topological([self.feature_map]) if node.op == "input"]
        return inputs[0], self.image_format

    def _known(self, through: Any) -> Traced:
        if self.traced is None:
            raise ValueError(
                explain(
                    what="this FlattenMap does not know the layers before it by name",
                    received=f"through={through!r}",
                    remedy="take the map of a layer in a built model: model.flatten_map()",
                )
            )
        return self.traced


class Traced(Protocol):
    """What a map has to know of its model: `planish.layers.base.traced`."""

    def input(self, which: str | int | None, of: Node | None = None) -> Node: ...
    def image_format(self, image: Node, default: str) -> str: ...
    def outputs_through(self, layer: Any) -> list[Node]: ...


def _plain(places: NDArray[Any]) -> Any:
    """An int for one index, the array for several."""
    return int(places) if places.ndim == 0 else places


def _is_extent(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool) and bool(value > 0)
