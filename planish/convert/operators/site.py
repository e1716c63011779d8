"""One operator of a foreign network, as the function sees it that makes layers of it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planish.convert.graphs.foreign_graph import Operation
from planish.convert.graphs.names import Names
from planish.convert.operators.value import Value
from planish.errors import explain, is_explained
from planish.layers import Layer

Array = NDArray[Any]
Known = Value | Array
Made = Value | Array | Sequence[Known]

MOST_NUMBERS = 1 << 30
"""Of a value, for one image: 4 GB."""

OPERATORS: dict[str, Callable[[Site], Made]] = {}
"""By ONNX's name: a function that makes the operator's results."""


def operator(*kinds: str) -> Callable[[Callable[[Site], Made]], Callable[[Site], Made]]:
    """Registers a function for operators of these kinds."""

    def register(function: Callable[[Site], Made]) -> Callable[[Site], Made]:
        OPERATORS.update(dict.fromkeys(kinds, function))
        return function

    return register


@dataclass(frozen=True)
class Site:
    """`inputs` are what the operator reads: values, constants, or None where an optional one is not given."""

    operation: Operation
    inputs: tuple[Known | None, ...]
    names: Names
    layers: dict[Hashable, Layer]
    library: str

    @property
    def label(self) -> str:
        """The operator as its user knows it: "Conv '/features/0/Conv'"."""
        operation = self.operation
        return f"{operation.called or operation.kind} '{operation.name or next(iter(operation.outputs), '')}'"

    def setting(self, name: str, default: Any) -> Any:
        found = self.operation.settings.get(name)
        return default if found is None else found

    def has(self, place: int) -> bool:
        """Whether the optional input is given."""
        return place < len(self.inputs) and self.inputs[place] is not None

    def value(self, place: int = 0) -> Value:
        """An input that depends on the model's inputs. ValueError if it is a constant, or is not given."""
        found = self.inputs[place] if self.has(place) else None
        if not isinstance(found, Value):
            raise self.mistake(f"input {place} is a constant", expected="a value that depends on the model's input")
        return found

    def values(self) -> list[Value]:
        return [item for item in self.inputs if isinstance(item, Value)]

    def constant(self, place: int, what: str) -> Array:
        """An input that is known. ValueError if it depends on the model's inputs, or is not given."""
        found = self.inputs[place] if self.has(place) else None
        if not isinstance(found, np.ndarray):
            received = "a value that is computed of the model's input" if found is not None else "nothing"
            raise self.mistake(f"{what} has to be a constant", received=received)
        return found

    def optional(self, place: int, what: str) -> Array | None:
        return self.constant(place, what) if self.has(place) else None

    def bound(self, place: int) -> Array | None:
        """A number that may be left out; an empty array is none as well."""
        found = self.optional(place, "a bound")
        return None if found is None or not found.size else found

    def numbers(self, place: int, setting: str, what: str = "") -> tuple[int, ...] | None:
        """Whole numbers that are an input, or a setting in older files; None if neither is given."""
        if self.has(place):
            return tuple(int(number) for number in self.constant(place, what or setting).reshape(-1))
        found = self.operation.settings.get(setting)
        return None if found is None else tuple(int(number) for number in np.asarray(found).reshape(-1))

    def name(self, suffix: str = "") -> str | None:
        """A name for a layer, which no other has; None if the operator does not have a name."""
        return self.names.fresh(self.operation, suffix)

    def layer(self, make: Callable[..., Layer], *arguments: Any, suffix: str = "", **settings: Any) -> Layer:
        """A new layer with the operator's name."""
        name = self.name(suffix)
        return make(*arguments, **settings, **({} if name is None else {"name": name}))

    def named(self, tensor: Any, suffix: str = "") -> Any:
        """A tensor that an operation of `planish.ops` gave, whose layer gets the operator's name."""
        name = self.name(suffix)
        if name is not None:
            tensor.layer.name = name
        return tensor

    def shared(self, key: Hashable, make: Callable[[], Layer]) -> Layer:
        """The layer that has been made for the same weights and settings, or a new one."""
        whole = (self.operation.kind, key)
        if whole not in self.layers:
            self.layers[whole] = make()
        return self.layers[whole]

    def weight_names(self, *places: int) -> tuple[str | None, ...]:
        """The names of the inputs that are weights: the same names are the same weights."""
        given = self.operation.inputs
        return tuple(given[place] if place < len(given) else None for place in places)

    def too_large(self, sizes: Sequence[int]) -> ValueError:
        expected = f"{MOST_NUMBERS:,} numbers for an image at most"
        return self.mistake("the result is too large to compute", expected=expected, received=tuple(sizes))

    def mistake(self, what: str, **parts: Any) -> ValueError:
        """The error about this operator. What to do is up to the file's maker, if nothing else is said."""
        return ValueError(explain(what=what, layer=self.label, **{"remedy": self._without(), **parts}))

    def _without(self) -> str:
        """The network up to this operator."""
        if self.library != "ONNX":
            return "give the part of the module that comes before it, such as module.features"
        ends = [name for name in self.operation.inputs[:1] if name]
        return f"without what follows: onnx.utils.extract_model(path, 'part.onnx', inputs, {ends})"


@contextlib.contextmanager
def mistakes_told(site: Site) -> Iterator[None]:
    """Whatever settings that do not fit make Python, NumPy or a layer raise, is an error about the operator."""
    try:
        yield
    except Exception as error:
        if is_explained(error):
            raise
        reason = str(error) or type(error).__name__
        raise site.mistake("its settings or inputs do not go together", received=reason) from error


def check_sizes(site: Site, made: Sequence[Known]) -> None:
    """ValueError if a value is larger than any that planish could compute."""
    for value in made:
        if isinstance(value, Value) and math.prod(value.sizes) > MOST_NUMBERS:
            raise site.too_large(value.sizes)


def weighted(layer: Layer, value: Value, weights: Callable[[], Sequence[Array]]) -> Any:
    """Calls a layer and gives it its weights, unless it has them from another call."""
    built = layer.built
    tensor = layer(value.tensor)
    if not built:
        layer.set_weights(list(weights()))
    return tensor


def axes_of(site: Site, axes: Sequence[int], rank: int) -> tuple[int, ...]:
    """Axes counted from the front. ValueError if there are no such axes."""
    return tuple(_counted(site, axes, rank))


def image_axis(site: Site, name: str, default: int, rank: int) -> int:
    """An axis that is a setting, and is not the batch's."""
    (axis,) = axes_of(site, [int(site.setting(name, default))], rank)
    if axis == 0:
        what = "planish keeps the images of a batch apart"
        raise site.mistake(what, expected=f"{name}=1 or more", received=f"{name}=0")
    return axis


def _counted(site: Site, axes: Sequence[int], rank: int) -> Iterator[int]:
    for axis in axes:
        if not -rank <= axis < rank:
            raise site.mistake(
                f"axis {axis} is not an axis of a value of rank {rank}", expected=f"{-rank} to {rank - 1}"
            )
        yield axis % rank
