"""Class indices as vectors with a one at the class; an index out of range, or not whole, gives zeros."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    (labels,) = inputs
    if labels.dtype not in ("i32", "f32") or attributes["classes"] < 1:
        raise mistake(
            "one_hot takes class indices, and 1 class or more",
            expected="i32 or f32 values",
            received=f"{labels}, {attributes['classes']} classes",
        )
    return TensorType((*labels.shape, attributes["classes"]), batched=labels.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (labels,) = arrays
    return np.asarray(labels[..., None] == np.arange(node.attributes["classes"]), environment.dtype)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [None]


register("one_hot", _infer, _reference, _grad)


def one_hot(labels: Node, classes: int) -> Node:
    """`labels` i32 or f32[N, ...] -> f32[N, ..., classes]."""
    return make("one_hot", [labels], classes=int(classes))
