"""What a graph starts from: inputs, parameters, values per step, constants."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from planish.graph.node import Attributes, Node, TensorType, current_layers
from planish.primitives.registry import Array, Environment, register


def _no_inference(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    raise TypeError("a leaf's type is given, not inferred")


def _bound(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    value = np.asarray(environment.bindings[node.attributes["name"]])
    return value.astype(np.int32 if node.type.dtype == "i32" else environment.dtype, copy=False)


def _constant(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return np.asarray(node.attributes["value"], environment.dtype)


def _infer_constant(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    return TensorType((), batched=False)


def _batch_size(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return np.asarray(environment.batch_size, environment.dtype)


def _nothing(node: Node, g: Node) -> Sequence[Node | None]:
    return []


for _name in ("input", "parameter", "scalar", "operand"):
    register(_name, _no_inference, _bound, _nothing)
register("constant", _infer_constant, _constant, _nothing)
register("batch_size", _infer_constant, _batch_size, _nothing)


def _leaf(op: str, type_: TensorType, **attributes: Any) -> Node:
    return Node(op, (), type_, MappingProxyType(attributes), current_layers())


def _extents(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(int(extent) for extent in shape)


def input_(name: str, shape: Sequence[int], dtype: str = "f32") -> Node:
    """One tensor per image, read from an array of any element type as f32 (or i32, for labels)."""
    return _leaf("input", TensorType(_extents(shape), dtype), name=name)


def parameter(name: str, shape: Sequence[int]) -> Node:
    """An f32 tensor that outlives the run: a weight, or an optimizer's state."""
    return _leaf("parameter", TensorType(_extents(shape), batched=False), name=name)


def scalar(name: str, dtype: str = "f32") -> Node:
    """One value per training step: a learning rate, a seed ('i32')."""
    return _leaf("scalar", TensorType((), dtype, batched=False), name=name)


def constant(value: float) -> Node:
    """One number that never changes."""
    return _leaf("constant", TensorType((), batched=False), value=float(value))


def batch_size() -> Node:
    """The number of images in the current batch."""
    return _leaf("batch_size", TensorType((), batched=False))
