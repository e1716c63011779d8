"""The gradient of the weights of a dense layer that reads images where the user has them: see `dense_listed`."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.primitives.registry import Array, Environment, make, register_rewritten
from planish.primitives.rewritten.dense_listed import rows_of
from planish.primitives.rewritten.load_input import LoadInputSettings


def _infer(inputs: Sequence[TensorType], settings: LoadInputSettings) -> TensorType:
    x, g = inputs
    return TensorType((x.size, g.size), batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    product: Array = rows_of(arrays).T @ arrays[1]
    return product


register_rewritten("dense_listed_weight_grad", LoadInputSettings, _infer, _reference)


def dense_listed_weight_grad(x: Node, g: Node, memory_dtype: str) -> Node:
    return make("dense_listed_weight_grad", [x, g], LoadInputSettings(memory_dtype=memory_dtype))
