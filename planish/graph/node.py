"""The intermediate representation: a node is a value.

A graph is made of immutable nodes. Each has one result, so the node *is* the value; what flows between two operations
is an edge to the node that computed it. A value either belongs to each image (`batched`, with a symbolic leading batch
axis that `shape` leaves out) or to the program as a whole (weights, gradients of weights, scalars).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from planish.graph.operators import WithOperators
from planish.graph.settings import NO_SETTINGS, Settings

_current_layer: ContextVar[tuple[str, ...]] = ContextVar("current_layer", default=())


@dataclass(frozen=True, slots=True)
class TensorType:
    """Shape without the batch axis, element type, and whether there is one such tensor per image."""

    shape: tuple[int, ...]
    dtype: str = "f32"
    batched: bool = True

    @property
    def size(self) -> int:
        """Elements per image (or in the whole tensor, if it is not batched)."""
        size = 1
        for extent in self.shape:
            size *= extent
        return size

    def __str__(self) -> str:
        extents = ["N", *map(str, self.shape)] if self.batched else [*map(str, self.shape)]
        return f"{self.dtype}[{','.join(extents)}]"


@dataclass(frozen=True, eq=False, slots=True)
class Node(WithOperators):
    """One operation and its result. Nodes compare by identity."""

    op: str
    inputs: tuple[Node, ...]
    type: TensorType
    settings: Settings = NO_SETTINGS
    layers: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        return self.type.shape

    @property
    def batched(self) -> bool:
        return self.type.batched

    def __repr__(self) -> str:
        return f"<{self.op} {self.type}{' of ' + ', '.join(self.layers) if self.layers else ''}>"


def found_or(found: Node | None, otherwise: Node) -> Node:
    """`found` if there is one: a node is neither true nor false, so `or` cannot be used."""
    return otherwise if found is None else found


def current_layers() -> tuple[str, ...]:
    """The user's layer for which nodes are being made, as recorded by `layer_scope`."""
    return _current_layer.get()


@contextmanager
def layer_scope(name: str) -> Iterator[None]:
    """Nodes made inside belong to the user's layer of that name."""
    token = _current_layer.set((name,))
    try:
        yield
    finally:
        _current_layer.reset(token)
