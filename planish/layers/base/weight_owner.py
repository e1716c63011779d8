"""What layers and models have in common as owners of weights."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FunctionType, MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from planish import constraints, initializers, precision, regularizers
from planish.absent.attributes import Told
from planish.constructors import Constructed
from planish.errors import explain
from planish.layers.base import arguments, chain, weight_call
from planish.layers.base.foreign_weights import layer_remedy, listed
from planish.variable import Variable, Weight

Shape = tuple[int, ...]


class Changes:
    """The last change of the structure of any layer in this process: usually nothing has changed since."""

    last = 0


class _Structure(NamedTuple):
    """The structure of a layer when it was last checked, and the number that it then had."""

    changes: int
    layers: tuple[tuple[int, int], ...]
    number: int


class Seen:
    """Holds a structure in a place where attributes are not searched."""

    structure = _Structure(-1, (), 0)


_structures = itertools.count(1)


class WeightOwner(Constructed, Told):
    """Something with a name, weights, and layers inside it. Its weights exist once it is `built`.

    All layers and variables that are its attributes, or in lists, tuples and dictionaries that are, belong to it.
    """

    keras_kinds: tuple[str, ...] = ("Layer",)
    name: str
    variable_dtype: str
    built: bool
    holds_model_layers = False
    """Whether it is a model: it consists of layers that its user knows by name."""
    autograph_info__: Mapping[str, Any] = MappingProxyType({})
    """TensorFlow's AutoGraph, which rewrites functions in pipelines, leaves alone what has this attribute."""

    _trainable: bool
    _variables: list[Variable]
    _lasting: list[Variable]
    """What existed before the layer was built."""
    _build_links: Sequence[chain.Link]
    _own_structure: int
    _seen: Seen

    @property
    def class_name(self) -> str:
        """The name of what it is, for tables and messages."""
        return type(self).__name__

    @property
    def label(self) -> str:
        """The layer as its user knows it, for messages: "Dense 'dense'"."""
        return f"{self.class_name} '{self.name}'"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name in _FROM_INIT and "_seen" not in vars(self):
                raise RuntimeError(not_initialized(type(self).__name__))
            return super().__getattr__(name)

    def forget_build(self) -> None:
        """Makes the layer wait for its first input again, and make new weights then."""
        raise NotImplementedError

    def _drop_weights(self) -> None:
        """Drops all weights except those that the layer has had since it was made."""
        dropped = {*self._variables} - {*self._lasting}
        self._variables = [*self._lasting]
        for name, value in [*vars(self).items()]:
            if isinstance(value, Variable) and value in dropped:
                delattr(self, name)
            elif isinstance(value, list):
                value[:] = [item for item in value if not (isinstance(item, Variable) and item in dropped)]

    def add_weight(
        self,
        *args: Any,
        shape: Any = None,
        initializer: Any = None,
        dtype: Any = None,
        trainable: bool | None = True,
        autocast: bool = True,
        regularizer: Any = None,
        constraint: Any = None,
        aggregation: str = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """A new variable of this layer's type and of the shape. Trainable ones come first in `weights`, as in Keras.

        By position come shape, initializer ('glorot_uniform') and dtype, as in Keras 3, or name, shape, dtype and
        initializer, as in Keras 2. `constraint` is applied to the new weight at the end of every step. `autocast` and
        `aggregation` change nothing. ValueError for another dtype or an open shape, and for arguments that planish does
        not have; TypeError for arguments that do not go together.
        """
        arguments.unsupported(self.label, overwrite_with_gradient=overwrite_with_gradient)
        given = {"shape": shape, "initializer": initializer, "dtype": dtype, "name": name, "regularizer": regularizer}
        placed = weight_call.placed(self.label, args, {**given, "constraint": constraint})
        dtype = precision.checked(self.label, placed["dtype"], self.variable_dtype)
        name = placed["name"] or f"variable_{len(self._variables)}"
        variable = Weight(
            name,
            chain.weight_path(self, self.name, name),
            weight_call.checked_shape(self.label, name, placed["shape"]),
            dtype,
            trainable=trainable is None or bool(trainable),
            initializer=initializers.get(placed["initializer"] or "glorot_uniform"),
            regularizer=regularizers.get(placed["regularizer"]),
            constraint=constraints.get(placed["constraint"]),
        )
        self._variables.append(variable)
        self.take_in(variable)
        return variable

    def take_in(self, variable: Variable) -> None:
        """As in Keras, a new variable of a frozen layer is frozen."""
        variable.trainable = variable.trainable and self.trainable

    # -- what is inside ----------------------------------------------------------------------------------------------

    @property
    def _right_inside(self) -> list[WeightOwner | Variable]:
        """The layers and variables that are its attributes, or in lists, tuples and dictionaries that are, each once
        and in order."""
        return held(vars(self))

    @property
    def sublayers(self) -> list[WeightOwner]:
        """The layers right inside, each once and in order."""
        return _layers_among(self._right_inside)

    @property
    def own_variables(self) -> list[Variable]:
        """The variables of the layer without those of layers inside it, those that were made trainable first: freezing
        does not change their order, in which files have them."""
        return _variables_among(self._right_inside)

    def flattened(self, enter: Callable[[WeightOwner], bool] = lambda layer: True) -> Iterator[WeightOwner]:
        """This and all layers inside, each once, outer ones first; enters only those for which `enter` is true."""
        return (layer for layer, _ in self._walk(enter))

    def _walk(
        self, enter: Callable[[WeightOwner], bool] = lambda layer: True
    ) -> Iterator[tuple[WeightOwner, list[WeightOwner | Variable]]]:
        """The same, each with what is right inside of it."""
        seen: set[WeightOwner] = set()
        waiting: list[WeightOwner] = [self]
        while waiting:
            layer = waiting.pop()
            if layer not in seen and enter(layer):
                seen.add(layer)
                inside = layer._right_inside
                yield layer, inside
                waiting.extend(reversed(_layers_among(inside)))

    def structure_changed(self) -> None:
        """Marks the programs that were made of the layer as out of date."""
        Changes.last = self._own_structure = next(_structures)

    @property
    def structure_version(self) -> int:
        """A number that grows whenever layers are added, removed or built, here or in any layer inside."""
        changes = Changes.last
        seen = self._seen.structure
        if seen.changes != changes:
            layers = tuple((id(layer), layer._own_structure) for layer in self.flattened())
            number = seen.number if layers == seen.layers else next(_structures)
            seen = self._seen.structure = _Structure(changes, layers, number)
        return seen.number

    @property
    def weights_version(self) -> int:
        """A number that grows whenever any weight is assigned: what was packed from the weights is out of date then."""
        return max((variable.version for variable in self.weights), default=0)

    # -- weights -----------------------------------------------------------------------------------------------------

    @property
    def weights(self) -> list[Variable]:
        """All variables, in Keras's order: a layer's own, then those of the layers inside it. Empty if not built."""
        return _each_once(variable for _, inside in self._walk() for variable in _variables_among(inside))

    @property
    def trainable_weights(self) -> list[Variable]:
        walk = self._walk(lambda layer: layer.trainable)
        return _each_once(each for _, inside in walk for each in _variables_among(inside) if each.trainable)

    @property
    def non_trainable_weights(self) -> list[Variable]:
        trained = set(self.trainable_weights)
        return [variable for variable in self.weights if variable not in trained]

    @property
    def variables(self) -> list[Variable]:
        return self.weights

    @property
    def trainable_variables(self) -> list[Variable]:
        return self.trainable_weights

    @property
    def non_trainable_variables(self) -> list[Variable]:
        return self.non_trainable_weights

    @property
    def trainable(self) -> bool:
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        """Sets it on the layer and on every layer in it, and on their variables that were made trainable."""
        checked = arguments.flag(self.label, "trainable", value)
        for layer in self.flattened():
            layer._trainable = checked
            for variable in layer.own_variables:
                variable.trainable = checked if variable.made_trainable else variable.trainable

    def get_weights(self) -> list[NDArray[Any]]:
        """Copies of all weights, in the order of `weights`."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: Sequence[ArrayLike]) -> None:
        """Assigns all weights. Nothing changes if the number or any shape of the arrays is wrong (ValueError), or if
        one of them does not hold numbers (TypeError)."""
        arrays = [np.asarray(weight) for weight in weights]
        expected = [variable.shape for variable in self.weights]
        if [array.shape for array in arrays] != expected:
            raise self.foreign_weights([array.shape for array in arrays])
        checked = [variable.checked(array) for variable, array in zip(self.weights, arrays, strict=True)]
        for variable, array in zip(self.weights, checked, strict=True):
            variable.assign(array)

    def foreign_weights(self, shapes: Sequence[Shape]) -> ValueError:
        """The error of `set_weights` for arrays whose shapes differ from those of the weights."""
        return ValueError(
            explain(
                layer=self.label,
                what="set_weights got arrays that do not match the weights",
                expected=listed([variable.shape for variable in self.weights], [each.name for each in self.weights]),
                received=listed(shapes),
                remedy=layer_remedy(self, shapes),
            )
        )

    def count_params(self) -> int:
        """Number of elements in all weights. Raises ValueError if the layer is not built."""
        if not self.built:
            raise ValueError(
                explain(
                    layer=self.label,
                    what="count_params was called before the layer was built",
                    remedy="build it first: build(input_shape), or give the model an input shape",
                )
            )
        return sum(variable.size for variable in self.weights)


_FROM_INIT = frozenset({"name", "built", "_trainable", "_records", "_variables"})


def not_initialized(class_name: str) -> str:
    """The message about a layer whose `__init__` does not call that of the base class, or not first."""
    return explain(
        what=f"{class_name} makes layers or weights, or is used, before it is a layer itself",
        rule="__init__ of the base class comes first",
        remedy="super().__init__() as the first line of __init__",
    )


def held(attributes: Mapping[str, Any], kinds: tuple[type, ...] | None = None) -> list[Any]:
    """The layers and variables, or objects of other `kinds`, among attributes, and in lists, tuples and dictionaries,
    each once and in order."""
    found: dict[Any, None] = {}
    now = [*attributes.items()]  # another thread may be building the layer
    waiting = [value for name, value in reversed(now) if type(value) not in _PLAIN and name not in NOT_INSIDE]
    containers: set[int] = set()
    kinds = _PARTS if kinds is None else kinds
    while waiting:
        item = waiting.pop()
        if isinstance(item, kinds):
            found[item] = None
        elif isinstance(item, _CONTAINERS) and id(item) not in containers:
            containers.add(id(item))  # a container may hold itself
            inside = [*item.values()] if isinstance(item, dict) else [*item]
            waiting += [each for each in reversed(inside) if type(each) not in _PLAIN]
    return [*found]


def _layers_among(parts: Iterable[WeightOwner | Variable]) -> list[WeightOwner]:
    return [part for part in parts if isinstance(part, WeightOwner)]


def _variables_among(parts: Iterable[WeightOwner | Variable]) -> list[Variable]:
    return sorted([part for part in parts if isinstance(part, Variable)], key=_is_last)


def _is_last(variable: Variable) -> bool:
    return not variable.made_trainable


_PARTS = (WeightOwner, Variable)
_CONTAINERS = (list, tuple, dict)
# Most attributes are of these types, and every walk over a model looks at all attributes of all layers.
_PLAIN = frozenset({type(None), bool, int, float, str, bytes, np.ndarray, FunctionType})


NOT_INSIDE = frozenset({"_given", "_notes", "_records", "_network"})
"""Attributes that may hold layers that are not part of the layer: the user's data, and what came before it."""


def _each_once(variables: Iterable[Variable]) -> list[Variable]:
    return [*dict.fromkeys(variables)]
