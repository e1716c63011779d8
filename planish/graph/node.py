"""The intermediate representation: a node is a value.

A graph is made of immutable nodes. Each has one result, so the node *is* the value; what flows between two operations
is an edge to the node that computed it. A value either belongs to each image (`batched`, with a symbolic leading batch
axis that `shape` leaves out) or to the program as a whole (weights, gradients of weights, scalars).

Functions, layers and losses that users write in Keras's way are run on nodes as well, and Keras's tensors count the
batch axis. So while such code runs (`seen_as_in_keras`), and it asks a node itself, `shape` has None in front. All
of planish, which runs inside it, still reads the shape of one image.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import cast

from planish.askers import is_planish
from planish.graph.ambient import Ambient
from planish.graph.operators import WithOperators
from planish.graph.settings import NO_SETTINGS, Settings

_current_layer: ContextVar[tuple[str, ...]] = ContextVar("current_layer", default=())
_seen_as_in_keras: ContextVar[bool] = ContextVar("seen_as_in_keras", default=False)
_DTYPES = {"f32": "float32", "f64": "float64", "i32": "int32"}
_NBYTES = {"f32": 4, "f64": 8, "i32": 4, "i8": 1}
NUMBERS = ("f32", "f64")
_numbers: ContextVar[str] = ContextVar("numbers", default="f32")


@dataclass(frozen=True, slots=True)
class TensorType:
    """Shape without the batch axis, element type, and whether there is one such tensor per image.

    Numbers have the one type that those of their graph have: that of `numbers_are`, in which it is made.
    """

    shape: tuple[int, ...]
    dtype: str = field(default_factory=_numbers.get)
    batched: bool = True

    def __init__(self, shape: tuple[int, ...], dtype: str | None = None, batched: bool = True) -> None:
        """What a dataclass would write takes twice as long."""
        _set_shape(self, shape)
        _set_dtype(self, _numbers.get() if dtype is None else dtype)
        _set_batched(self, batched)

    @property
    def numpy_dtype(self) -> str:
        """NumPy's name, and Keras's, of the element type."""
        return _DTYPES.get(self.dtype, self.dtype)

    @property
    def nbytes(self) -> int:
        """Bytes per image (or of the whole tensor, if it is not batched)."""
        return _NBYTES[self.dtype] * self.size

    @property
    def size(self) -> int:
        """Elements per image (or in the whole tensor, if it is not batched)."""
        size = 1
        for extent in self.shape:
            size *= extent
        return size

    def __str__(self) -> str:
        return _text_of_type(self.shape, self.dtype, self.batched)


@lru_cache(maxsize=4096)
def _text_of_type(shape: tuple[int, ...], dtype: str, batched: bool) -> str:
    """A deep net has thousands of values of few types."""
    extents = ["N", *map(str, shape)] if batched else [*map(str, shape)]
    return f"{dtype}[{','.join(extents)}]"


@dataclass(frozen=True, eq=False, slots=True)
class Node(WithOperators):
    """One operation and its result. Nodes compare by identity."""

    op: str
    inputs: tuple[Node, ...]
    type: TensorType
    settings: Settings = NO_SETTINGS
    layers: tuple[str, ...] = ()

    def __init__(
        self,
        op: str,
        inputs: tuple[Node, ...],
        type: TensorType,
        settings: Settings = NO_SETTINGS,
        layers: tuple[str, ...] = (),
    ) -> None:
        """What a dataclass would write takes half as long again, and a deep net has a hundred thousand nodes."""
        _set_op(self, op)
        _set_inputs(self, inputs)
        _set_type(self, type)
        _set_settings(self, settings)
        _set_layers(self, layers)

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the batch axis. Code in Keras's way sees it: as None, as Keras has it for any number of images."""
        if _seen_as_in_keras.get() and self.type.batched and not is_planish(sys._getframe(1)):
            return cast(tuple[int, ...], (None, *self.type.shape))
        return self.type.shape

    @property
    def ndim(self) -> int:
        """The number of axes that arrays have in its place: with the batch axis."""
        return len(self.type.shape) + self.type.batched

    @property
    def dtype(self) -> str:
        """The element type, as Keras names it."""
        return self.type.numpy_dtype

    @property
    def batched(self) -> bool:
        return self.type.batched

    def with_inputs(self, inputs: tuple[Node, ...]) -> Node:
        """The same operation on other operands, whose types are the same."""
        return Node(self.op, inputs, self.type, self.settings, self.layers)

    def __repr__(self) -> str:
        return f"<{self.op} {self.type}{' of ' + ', '.join(self.layers) if self.layers else ''}>"


_set_shape, _set_dtype, _set_batched = (getattr(TensorType, each.name).__set__ for each in fields(TensorType))
_set_op, _set_inputs, _set_type, _set_settings, _set_layers = (
    getattr(Node, each.name).__set__ for each in fields(Node)
)


def found_or(found: Node | None, otherwise: Node) -> Node:
    """`found` if there is one: a node is neither true nor false, so `or` cannot be used."""
    return otherwise if found is None else found


def current_layers() -> tuple[str, ...]:
    """The user's layer for which nodes are being made, as recorded by `layer_scope`."""
    return _current_layer.get()


def type_of_numbers() -> str:
    """That of the numbers in graphs that are made now: 'f32', or 'f64'."""
    return _numbers.get()


def dtype_of_numbers() -> str:
    """NumPy's name of that type."""
    return _DTYPES[_numbers.get()]


def numbers_are(dtype: str) -> Ambient[str]:
    """Numbers in graphs made inside are of this type, 'f32' or 'f64'."""
    return Ambient(_numbers, dtype)


def layer_scope(name: str) -> Ambient[tuple[str, ...]]:
    """Nodes made inside belong to the user's layer of that name."""
    return Ambient(_current_layer, (name,))


def seen_as_in_keras(told: bool = True) -> Ambient[bool]:
    """For code that a user wrote in Keras's way: it sees the batch axis in the shapes of nodes. With False, for code
    in planish's way, inside of it: it does not.
    """
    return Ambient(_seen_as_in_keras, told)
