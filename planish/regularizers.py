"""Penalties on weights: scalars that are added to the loss, written in graph operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from planish import absent, foreign, primitives, serialization, signatures, tracing
from planish import custom_objects as own_objects
from planish.constructors import Constructed
from planish.errors import explain, unknown_name
from planish.graph.node import Node

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]


class Regularizer(Constructed):
    """Base. A subclass writes `__call__`, as in Keras, or `penalty(x)`: from a weight (or an output) to one number.

    Calling it on an array computes the number.

    >>> class Sum(keras.regularizers.Regularizer):
    ...     def penalty(self, x):
    ...         return keras.regularizers.total(x)
    >>> Sum()(np.array([1.0, 2.0]))
    3.0
    """

    def penalty(self, x: Node) -> Node:
        """The penalty of a node: an unbatched scalar."""
        if type(self).__call__ is Regularizer.__call__:
            raise NotImplementedError(f"regularizer {type(self).__name__} defines neither __call__(x) nor penalty(x)")
        return applied(self, x)

    def __call__(self, x: Any) -> Any:
        """The penalty of a node as a node, or of an array as a float."""
        if isinstance(x, Node):
            return self.penalty(x)
        from planish.evaluation import evaluate

        return float(evaluate(self.penalty, x))

    def get_config(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Regularizer:
        return cls(**config)


class L1L2(Regularizer):
    """`l1 * sum(|x|) + l2 * sum(x^2)`.

    >>> keras.regularizers.L1L2(l1=0.5, l2=0.5)(np.array([1.0, -2.0]))
    4.0
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1 = _factor(type(self).__name__, "l1", 0.0 if l1 is None else l1)
        self.l2 = _factor(type(self).__name__, "l2", 0.0 if l2 is None else l2)

    def penalty(self, x: Node) -> Node:
        terms = []
        if self.l1:
            terms.append(primitives.multiply(total(primitives.absolute(x)), self.l1))
        if self.l2:
            terms.append(primitives.multiply(total(primitives.square(x)), self.l2))
        if not terms:
            return primitives.constant(0.0)
        return terms[0] if len(terms) == 1 else primitives.add(terms[0], terms[1])

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """`l1 * sum(|x|)`.

    >>> keras.regularizers.L1(0.5)(np.array([1.0, -2.0]))
    1.5
    """

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=0.01 if l1 is None else l1)

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1}


class L2(L1L2):
    """`l2 * sum(x^2)`.

    >>> keras.regularizers.L2(0.5)(np.array([1.0, -2.0]))
    2.5
    """

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=0.01 if l2 is None else l2)

    def get_config(self) -> dict[str, Any]:
        return {"l2": self.l2}


class OrthogonalRegularizer(Regularizer):
    """`factor` times the mean size of the products of all pairs of rows (or columns, by `mode`) of a matrix, each with
    length 1: 0 if all are at right angles.

    >>> keras.regularizers.OrthogonalRegularizer(0.5)(np.array([[1.0, 0.0], [3.0, 4.0]]))
    0.3...
    """

    def __init__(self, factor: float = 0.01, mode: str = "rows") -> None:
        self.factor = _factor(type(self).__name__, "factor", factor)
        if mode not in ("rows", "columns"):
            raise ValueError(unknown_name("mode of OrthogonalRegularizer", mode, ("rows", "columns")))
        self.mode = mode

    def penalty(self, x: Node) -> Node:
        from planish import ops

        if len(x.shape) != 2:
            raise ValueError(
                explain(
                    what="OrthogonalRegularizer: this weight has no rows and columns",
                    expected="a matrix, such as the kernel of a Dense layer",
                    received=f"shape {x.shape}",
                )
            )
        rows = ops.normalize(x if self.mode == "rows" else ops.transpose(x), axis=1)
        count = rows.shape[0]
        products = ops.abs(ops.matmul(rows, ops.transpose(rows)) * (1.0 - np.eye(count, dtype=np.float32)))
        penalty: Node = ops.sum(products) * (self.factor / max(1, count * (count - 1)))
        return penalty

    def get_config(self) -> dict[str, Any]:
        return {"factor": self.factor, "mode": self.mode}


def total(x: Node) -> Node:
    """The sum of all elements (of all images, if it is batched): an unbatched scalar."""
    axes = tuple(range(len(x.shape)))
    return primitives.batch_sum(x, axes) if x.batched else primitives.reduce_sum(x, axes)


l1, l2, l1_l2 = L1, L2, L1L2
orthogonal_regularizer = OrthogonalRegularizer

_NAMES: Mapping[str, type[Regularizer]] = {
    "L1": L1,
    "L2": L2,
    "L1L2": L1L2,
    "OrthogonalRegularizer": OrthogonalRegularizer,
    "l1": L1,
    "l2": L2,
    "l1l2": L1L2,
    "orthogonal_regularizer": OrthogonalRegularizer,
}


def get(identifier: Any) -> Regularizer | None:
    """The regularizer that a user's argument means: None, a name, a config, a class or an object.

    `identifier`: any of these.

    >>> keras.regularizers.get("l2").get_config()
    {'l2': 0.01}
    """
    if identifier is None or isinstance(identifier, Regularizer):
        return identifier
    if isinstance(identifier, str):
        if (own := own_objects.get_registered_object(identifier)) is not None:
            return get(own)
        if identifier not in _NAMES:
            raise ValueError(absent.unknown_name("regularizer", "regularizers", identifier, _NAMES))
        return _NAMES[identifier]()
    if isinstance(identifier, dict):
        return get(deserialize(identifier))
    if isinstance(identifier, type) and issubclass(identifier, Regularizer):
        return identifier()
    foreign.refuse(identifier, "regularizers")
    if callable(identifier):
        signatures.require(identifier, "the regularizer", "x")
        return _FunctionRegularizer(identifier)
    raise TypeError(
        explain(what="a regularizer was expected", expected="None, a name or a Regularizer", received=repr(identifier))
    )


class _FunctionRegularizer(Regularizer):
    """A user's own function from a node to a scalar node."""

    def __init__(self, function: Callable[[Node], Node]) -> None:
        self.function = function

    def penalty(self, x: Node) -> Node:
        return applied(self.function, x)


def applied(regularizer: Callable[[Node], Any], x: Node) -> Node:
    """What a user's regularizer makes of a node, as a single number: as in Keras, several are added up. TypeError for
    what cannot be compiled."""
    place = f"regularizer '{tracing.name_of(regularizer)}'"
    example = "lambda w: 0.01 * planish.regularizers.total(w * w)"
    penalty = tracing.traced(place, regularizer, x, given="its argument", example=example)
    return penalty if penalty.shape == () and not penalty.batched else total(penalty)


def serialize(regularizer: Regularizer | None) -> Any:
    """Keras's serialized form.

    `regularizer`: an object, or None.

    >>> keras.regularizers.serialize(keras.regularizers.L2())["class_name"]
    'L2'
    """
    function = regularizer.function if isinstance(regularizer, _FunctionRegularizer) else None
    return serialization.serialize(regularizer if function is None else function)


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The regularizer of a serialized form (or of a plain name). `custom_objects` are the caller's own, by name.

    `config`: a dictionary, or a name.

    >>> keras.regularizers.deserialize({"class_name": "L1", "config": {"l1": 0.5}}).l1
    0.5
    """
    if config is None or isinstance(config, str):
        return get(config)
    return serialization.deserialize_as(
        "a regularizer", Regularizer, config, "keras.regularizers", _NAMES, custom_objects
    )


def _factor(regularizer: str, name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise ValueError(
            explain(
                what=f"regularizer {regularizer}: argument {name!r}",
                expected="a finite number, 0 or more",
                received=repr(value),
            )
        )
    return float(value)


if not TYPE_CHECKING:  # type checkers know the names themselves
    __getattr__ = absent.getter("regularizers")
