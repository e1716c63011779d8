"""Constraints on weights: what each step makes of the weights that it has changed. They are compiled into the step.

A constraint is a function of the new weight that gives another of the same shape. It is applied last, after the
optimizer's rule and its averages.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from planish import absent, config, foreign, primitives, serialization, signatures, tracing
from planish import custom_objects as own_objects
from planish.constructors import Constructed
from planish.errors import explain
from planish.graph.node import Node
from planish.naming import snake_case
from planish.tensor import tensor

__all__ = ["Constraint", "MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "deserialize", "get", "serialize"]

Projection = Callable[[Any], Any]


class Constraint(Constructed):
    """Base of all constraints. Subclasses write `__call__`, from a weight to one of the same shape.

    >>> class Shrunk(keras.constraints.Constraint):
    ...     def __call__(self, w):
    ...         return w * 0.5
    >>> layer = keras.layers.Dense(10, kernel_constraint=Shrunk())
    """

    def __call__(self, w: Any) -> Any:
        """The weight as it is."""
        return w

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Constraint:
        """The constraint that `get_config` (or Keras's) describes."""
        return cls(**config)


class _Projection(Constraint):
    """A constraint that is written for nodes; on an array, it is computed at once."""

    def project(self, w: Node) -> Node:
        raise NotImplementedError

    def __call__(self, w: Any) -> Any:
        if isinstance(w, Node):
            return self.project(w)
        from planish.evaluation import evaluate

        return tensor(evaluate(self.project, w))


class _NormConstraint(_Projection):
    """A constraint on the norms along `axis`: w * desired / (epsilon + norm)."""

    axis: Any

    def desired(self, norms: Node) -> Node | float:
        raise NotImplementedError

    def project(self, w: Node) -> Node:
        norms = primitives.sqrt(primitives.reduce_sum(primitives.square(w), self._axes(w), keepdims=True))
        return primitives.multiply(w, primitives.divide(self.desired(norms), primitives.add(norms, config.epsilon())))

    def _axes(self, w: Node) -> Sequence[int]:
        rank = len(w.shape)
        axes = range(rank) if self.axis is None else self.axis if isinstance(self.axis, Sequence) else (self.axis,)
        if all(-rank <= axis < rank for axis in axes):
            return [axis % rank for axis in axes]
        raise ValueError(
            explain(
                what=f"constraint {type(self).__name__}: a weight of shape {w.shape} has no axis {self.axis}",
                expected=f"axes from {-rank} to {rank - 1}",
                remedy="axis=0 for the kernel of Dense, axis=[0, 1, 2] for that of Conv2D",
            )
        )

    def _check(self, axis: Any, **numbers: Any) -> None:
        """ValueError for what is not an axis, or not a number of 0 or more."""
        axes = axis if isinstance(axis, (list, tuple)) else [] if axis is None else [axis]
        if any(isinstance(each, bool) or not isinstance(each, int) for each in axes):
            raise self._wrong("axis", "an integer, or a list of integers", axis)
        for name, value in numbers.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
                raise self._wrong(name, "a finite number, 0 or more", value)

    def _wrong(self, name: str, expected: str, received: Any) -> ValueError:
        what = f"constraint {type(self).__name__}: argument '{name}' is wrong"
        return ValueError(explain(what=what, expected=expected, received=repr(received)))


class MaxNorm(_NormConstraint):
    """Norms along `axis` are at most `max_value`; weights with a larger one are scaled down.

    `axis`: 0 for a kernel of Dense [features, units], [0, 1, 2] for one of Conv2D [kh, kw, channels, filters].

    >>> print(keras.constraints.MaxNorm(1.0)(np.array([[3.0], [4.0]])))
    [[0.59999999]
     [0.79999998]]
    """

    def __init__(self, max_value: float = 2, axis: Any = 0) -> None:
        self._check(axis, max_value=max_value)
        self.max_value, self.axis = max_value, axis

    def desired(self, norms: Node) -> Node:
        return primitives.minimum(norms, float(self.max_value))

    def get_config(self) -> dict[str, Any]:
        return {"max_value": self.max_value, "axis": self.axis}


class NonNeg(_Projection):
    """Weights are at least 0.

    >>> print(keras.constraints.NonNeg()(np.array([-1.0, 2.0])))
    [0. 2.]
    """

    def project(self, w: Node) -> Node:
        return primitives.maximum(w, 0.0)


class UnitNorm(_NormConstraint):
    """Norms along `axis` (as in `MaxNorm`) are 1.

    >>> print(np.round(keras.constraints.UnitNorm()(np.array([[3.0], [4.0]])), 4))
    [[0.6]
     [0.8]]
    """

    def __init__(self, axis: Any = 0) -> None:
        self._check(axis)
        self.axis = axis

    def desired(self, norms: Node) -> float:
        return 1.0

    def get_config(self) -> dict[str, Any]:
        return {"axis": self.axis}


class MinMaxNorm(_NormConstraint):
    """Norms along `axis` (as in `MaxNorm`) are drawn into the range from `min_value` to `max_value`.

    `rate`: the share of the way that each step goes; 1 goes all of it.

    >>> print(np.round(keras.constraints.MinMaxNorm(0.0, 1.0, rate=0.5)(np.array([[3.0], [4.0]])), 4))
    [[1.8]
     [2.4]]
    """

    def __init__(self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0) -> None:
        self._check(axis, min_value=min_value, max_value=max_value, rate=rate)
        self.min_value, self.max_value, self.rate, self.axis = min_value, max_value, rate, axis

    def desired(self, norms: Node) -> Node:
        bounded = primitives.minimum(primitives.maximum(norms, float(self.min_value)), float(self.max_value))
        return primitives.add(primitives.multiply(bounded, self.rate), primitives.multiply(norms, 1 - self.rate))

    def get_config(self) -> dict[str, Any]:
        return {"min_value": self.min_value, "max_value": self.max_value, "rate": self.rate, "axis": self.axis}


max_norm = maxnorm = MaxNorm
non_neg = nonneg = NonNeg
unit_norm = unitnorm = UnitNorm
min_max_norm = minmaxnorm = MinMaxNorm

_CLASSES: tuple[type[Constraint], ...] = (Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm)
_NAMES: dict[str, type[Constraint]] = {
    name: class_
    for class_ in _CLASSES
    for name in (class_.__name__, snake_case(class_.__name__), class_.__name__.lower())
}


def get(identifier: Any) -> Projection | None:
    """The constraint that a user's argument means: None, a name, a configuration, a class, a function or an object.

    `identifier`: any of these.

    >>> keras.constraints.get("max_norm").max_value
    2
    """
    if identifier is None or isinstance(identifier, Constraint):
        return identifier
    foreign.refuse(identifier, "constraints")
    if isinstance(identifier, str):
        if (own := own_objects.get_registered_object(identifier)) is not None:
            return get(own)
        if identifier not in _NAMES:
            known = ("max_norm", "min_max_norm", "non_neg", "unit_norm")
            raise ValueError(absent.unknown_name("constraint", "constraints", identifier, known))
        return _NAMES[identifier]()
    if isinstance(identifier, Mapping):
        return get(deserialize(identifier))
    if isinstance(identifier, type) and issubclass(identifier, Constraint):
        return identifier()
    if callable(identifier):
        signatures.require(identifier, "the constraint", "w")
        function: Projection = identifier
        return function
    raise TypeError(
        explain(
            what="a constraint was expected",
            expected="None, a name such as 'max_norm', a Constraint, or a function of a weight",
            received=f"{identifier!r} of type {type(identifier).__name__}",
        )
    )


def applied(constraint: Projection, weight: Node, path: str) -> Node:
    """What the constraint makes of a new weight. TypeError or ValueError if that is not a weight of the same shape."""
    place = f"constraint '{tracing.name_of(constraint)}' of the weight '{path}'"
    held = tracing.traced(
        place, constraint, weight, given="the weight", example="kernel_constraint=lambda w: planish.ops.relu(w)"
    )
    if held.shape == weight.shape and not held.batched:
        return held
    raise ValueError(
        explain(
            layer=place,
            what="the constraint gives a value of another shape",
            expected=weight.shape,
            received=held.shape,
            remedy="sums along axes with keepdims=True have the weight's rank, and can be multiplied with it",
        )
    )


def serialize(constraint: Projection | None) -> Any:
    """Keras's serialized form.

    `constraint`: an object, a function, or None.

    >>> keras.constraints.serialize(keras.constraints.NonNeg())["class_name"]
    'NonNeg'
    """
    return serialization.serialize(constraint)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The constraint of a serialized form (or of a plain name). `custom_objects` are the caller's own, by name.

    `config`: a dictionary, or a name.

    >>> keras.constraints.deserialize({"class_name": "MaxNorm", "config": {"max_value": 3}}).max_value
    3
    """
    if config is None or isinstance(config, str):
        return get(config)
    return serialization.deserialize_as("a constraint", Constraint, config, "keras.constraints", _NAMES, custom_objects)


if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("constraints")
