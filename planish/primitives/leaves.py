"""What a graph starts from: inputs, parameters, values per step, constants."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from planish.graph.node import Node, TensorType, current_layers, type_of_numbers
from planish.graph.settings import NO_SETTINGS, LeafSettings, Settings, name_of
from planish.primitives import reaching
from planish.primitives.registry import (
    NO_PRODUCTS,
    NOT_LINEAR,
    Array,
    Environment,
    Primitive,
    Reference,
    register,
)

Infer = Callable[[Sequence[TensorType], Settings], TensorType]


class ConstantSettings(Settings):
    value: float


def _no_inference(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    raise TypeError("a leaf's type is given, not inferred")


def _bound(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    value = np.asarray(environment.bindings[name_of(node)])
    return value.astype(np.int32 if node.type.dtype == "i32" else environment.dtype, copy=False)


def _unbound(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    raise TypeError("an operand stands for a value that whoever evaluates an expression gives")


def _constant(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return np.asarray(ConstantSettings.of(node).value, environment.dtype)


def _infer_constant(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    return TensorType((), batched=False)


def _batch_size(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return np.asarray(environment.batch_size, environment.dtype)


def _nothing(node: Node, g: Node) -> Sequence[Node | None]:
    return []


def _define(name: str, settings: type[Settings], infer: Infer, reference: Reference) -> None:
    register(
        Primitive(
            name=name,
            settings=settings,
            infer=infer,
            reference=reference,
            gradient=_nothing,
            reach=reaching.nothing,
            linear=NOT_LINEAR,
            tail=False,
            monotone=False,
            elementwise=False,
            multiply_adds=NO_PRODUCTS,
        )
    )


for _name in ("input", "parameter", "scalar"):
    _define(_name, LeafSettings, _no_inference, _bound)
_define("operand", Settings, _no_inference, _unbound)
_define("constant", ConstantSettings, _infer_constant, _constant)
_define("batch_size", Settings, _infer_constant, _batch_size)
_define("share_size", Settings, _infer_constant, _batch_size)


def is_constant(node: Node, value: float) -> bool:
    """Whether `node` is that number."""
    return node.op == "constant" and ConstantSettings.of(node).value == value


def _leaf(op: str, type_: TensorType, settings: Settings = NO_SETTINGS) -> Node:
    return Node(op, (), type_, settings, current_layers())


def _extents(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(extent) for extent in shape)


def input_(name: str, shape: Sequence[int], dtype: str | None = None) -> Node:
    """One tensor per image, read from an array of any element type as numbers (or i32, for labels)."""
    return _leaf("input", TensorType(_extents(shape), dtype or type_of_numbers()), LeafSettings(name=name))


def parameter(name: str, shape: Sequence[int]) -> Node:
    """A tensor of numbers that outlives the run: a weight, or an optimizer's state."""
    return _leaf("parameter", TensorType(_extents(shape), batched=False), LeafSettings(name=name))


def scalar(name: str, dtype: str | None = None) -> Node:
    """One value per training step: a learning rate, a seed ('i32')."""
    return _leaf("scalar", TensorType((), dtype or type_of_numbers(), batched=False), LeafSettings(name=name))


def constant(value: float) -> Node:
    """One number that never changes."""
    return _leaf("constant", TensorType((), batched=False), ConstantSettings(value=float(value)))


def batch_size() -> Node:
    """The number of images in the current batch."""
    return _leaf("batch_size", TensorType((), batched=False))


def share_size() -> Node:
    """The number of images of the current batch that this process has: all, if no other one trains with it."""
    return _leaf("share_size", TensorType((), batched=False))
