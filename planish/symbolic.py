"""Stands for an array that does not exist yet: what the functional API's models are made of.

A symbolic tensor knows the call of a layer (or of an operation of `planish.ops`) that will make it, and through that
call's own inputs everything before it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from planish import structures
from planish.askers import is_planish
from planish.errors import explain, no_tensorflow

if TYPE_CHECKING:
    from planish.layers.base.layer import Layer

BatchShape = tuple[int | None, ...]


class Spec:
    """What is known of an array: its shape (batch axis first, if there is one in it), element type and name."""

    __slots__ = ("batched", "dtype", "name", "shape")

    def __init__(self, shape: BatchShape, dtype: str, name: str, batched: bool = True) -> None:
        self.shape = shape
        self.dtype = dtype
        self.name = name
        self.batched = batched


class Record:
    """One use of a layer, without the layer itself: what it was called with, and what that gives.

    Layers keep the records of their calls. A record that kept the layer would keep it alive in a circle.
    """

    __slots__ = ("__weakref__", "arguments", "keywords", "outputs")

    def __init__(self, arguments: tuple[Any, ...], keywords: Mapping[str, Any], outputs: Any) -> None:
        self.arguments = arguments
        self.keywords = keywords
        self.outputs = outputs
        """A structure of `Spec`s."""

    @property
    def inputs(self) -> list[SymbolicTensor]:
        """The symbolic tensors among the arguments, in order."""
        every = [*structures.leaves(self.arguments), *structures.leaves(self.keywords)]
        return [leaf for leaf in every if isinstance(leaf, SymbolicTensor)]


class LayerCall(NamedTuple):
    """One use of a layer; a shared layer has several. Two are equal if they are the same use."""

    layer: Layer
    record: Record

    @property
    def inputs(self) -> list[SymbolicTensor]:
        return self.record.inputs

    @property
    def structure(self) -> Any:
        """What the call returned: a structure of symbolic tensors."""
        places = iter(range(len(structures.leaves(self.record.outputs))))
        return structures.mapped(
            lambda spec: SymbolicTensor(spec, self.layer, self.record, next(places)), self.record.outputs
        )

    @property
    def outputs(self) -> list[SymbolicTensor]:
        return structures.leaves(self.structure)


_in_place_of_arrays: ContextVar[bool] = ContextVar("in_place_of_arrays", default=False)


@contextmanager
def in_place_of_arrays() -> Iterator[None]:
    """For a function that could have arrays as well, in which `==` would compare numbers: here it raises TypeError."""
    token = _in_place_of_arrays.set(True)
    try:
        yield
    finally:
        _in_place_of_arrays.reset(token)


def _operator(name: str) -> Callable[..., Any]:
    def operator(self: Any, *others: Any) -> Any:
        from planish import ops

        return getattr(ops, name)(self, *others)

    return operator


def _reflected(name: str) -> Callable[..., Any]:
    def operator(self: Any, other: Any) -> Any:
        from planish import ops

        return getattr(ops, name)(other, self)

    return operator


class SymbolicTensor:
    """The input or the output of a layer. `shape` has the batch axis first (None if any number of images will do).

    Layers and the functions of `planish.ops` can be called on it, and it has Python's operators; each makes another
    symbolic tensor. As in Keras, `==` tells whether two stand for the same array, and `!=` compares their numbers.
    """

    __slots__ = ("__weakref__", "batched", "dtype", "layer", "name", "place", "record", "shape")

    def __init__(self, spec: Spec, layer: Layer, record: Record, place: int = 0) -> None:
        self.shape, self.dtype, self.name, self.batched = spec.shape, spec.dtype, spec.name, spec.batched
        self.layer = layer
        self.record = record
        self.place = place

    @property
    def call(self) -> LayerCall:
        """The call that makes this tensor."""
        return LayerCall(self.layer, self.record)

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __eq__(self, other: object) -> bool:
        if _in_place_of_arrays.get() and not is_planish(sys._getframe(1)):
            raise TypeError(
                explain(
                    what="`==` does not compare the numbers of symbolic tensors",
                    remedy="ops.equal(a, b) compares their numbers",
                )
            )
        return isinstance(other, SymbolicTensor) and self.record is other.record and self.place == other.place

    def __hash__(self) -> int:
        return hash((id(self.record), self.place))

    __add__, __radd__ = _operator("add"), _reflected("add")
    __sub__, __rsub__ = _operator("subtract"), _reflected("subtract")
    __mul__, __rmul__ = _operator("multiply"), _reflected("multiply")
    __truediv__, __rtruediv__ = _operator("true_divide"), _reflected("true_divide")
    __floordiv__, __rfloordiv__ = _operator("floor_divide"), _reflected("floor_divide")
    __mod__, __rmod__ = _operator("mod"), _reflected("mod")
    __pow__, __rpow__ = _operator("power"), _reflected("power")
    __matmul__, __rmatmul__ = _operator("matmul"), _reflected("matmul")
    __and__, __rand__ = _operator("logical_and"), _reflected("logical_and")
    __or__, __ror__ = _operator("logical_or"), _reflected("logical_or")
    __xor__, __rxor__ = _operator("logical_xor"), _reflected("logical_xor")
    __gt__, __lt__ = _operator("greater"), _operator("less")
    __ge__, __le__ = _operator("greater_equal"), _operator("less_equal")
    __neg__, __abs__, __invert__ = _operator("negative"), _operator("absolute"), _operator("logical_not")
    __getitem__ = _operator("get_item")
    __ne__ = _operator("not_equal")
    __array_ufunc__ = None
    """NumPy leaves arithmetic with arrays to this class."""

    def __bool__(self) -> NoReturn:
        raise TypeError(
            explain(
                what="a symbolic tensor is neither true nor false",
                layer=self.layer.label,
                rule="its numbers exist only when the model runs; `if` and `and` are decided when the model is made",
                remedy="ops.where(condition, a, b) chooses for every element; & and | join conditions",
            )
        )

    def __float__(self) -> NoReturn:
        raise TypeError(
            explain(
                what="a symbolic tensor is not a number",
                rule="its numbers exist only when the model runs",
                received=repr(self),
                remedy="an eager tensor can become one: float(planish.ops.sum(model(images)))",
            )
        )

    __int__ = __float__

    def __iter__(self) -> NoReturn:
        raise TypeError(
            explain(what="a symbolic tensor cannot be iterated over", received=repr(self), remedy="x[:, 0], x[:, 1]")
        )

    def __array__(self, *arguments: Any, **keywords: Any) -> NoReturn:
        raise TypeError(
            explain(
                what="NumPy cannot take a symbolic tensor",
                rule="its numbers exist only when the model runs",
                received=repr(self),
                remedy="planish.ops has NumPy's functions for it: ops.mean(x, axis=-1)",
            )
        )

    def __tf_tensor__(self, *arguments: Any, **keywords: Any) -> NoReturn:
        raise TypeError(no_tensorflow("a symbolic tensor"))

    def __len__(self) -> NoReturn:
        raise TypeError(
            explain(
                what="a symbolic tensor has no length yet",
                rule="the number of images comes with the data",
                received=repr(self),
                remedy="x.shape has the sizes that are known; ops.shape(x)[0] stands for the number of images",
            )
        )

    def __setitem__(self, key: Any, value: Any) -> NoReturn:
        raise TypeError(
            explain(
                what="a part of a symbolic tensor cannot be assigned",
                rule="an operation gives a new tensor, and leaves those that it takes as they are",
                received=repr(self),
                remedy="ops.where(condition, value, x), or ops.concatenate([x[:, :1], y], axis=1)",
            )
        )

    @property
    def numpy(self) -> NoReturn:
        """AttributeError: `hasattr` tells it from a tensor that has numbers."""
        raise AttributeError(
            explain(
                what="a symbolic tensor has no numbers",
                rule="its numbers exist only when the model runs",
                received=repr(self),
                remedy="Model(inputs, x).predict(images) computes them",
            )
        )

    def __repr__(self) -> str:
        return f"<SymbolicTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"


def any_symbolic(*arguments: Any) -> bool:
    """Whether there is a symbolic tensor among the arguments, or in lists, tuples and dictionaries of them."""
    return any(isinstance(leaf, SymbolicTensor) for leaf in structures.leaves(arguments))


Apply = Callable[[Any, tuple[Any, ...], Mapping[str, Any]], Any]
_apply: list[Apply] = []


def provide(apply: Apply) -> None:
    """`apply(operation, arguments, keywords)` makes an operation of `planish.ops` a part of a model."""
    _apply[:] = [apply]


def applied(operation: Any, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
    """The symbolic result of an operation of `planish.ops` on symbolic tensors among its arguments."""
    (apply,) = _apply
    return apply(operation, arguments, keywords)
