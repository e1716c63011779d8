"""Labels as numbers to compute with: whole i32 numbers as f32, which is exact up to 2**24."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    (labels,) = inputs
    if labels.dtype != "i32":
        raise mistake("as_f32 takes whole numbers", expected="i32 values", received=labels)
    return TensorType(labels.shape, batched=labels.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return np.asarray(arrays[0], environment.dtype)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [None]


register("as_f32", _infer, _reference, _grad)


def as_f32(labels: Node) -> Node:
    """`labels` i32[N, ...] -> f32[N, ...]; f32 values are given back as they are."""
    return labels if labels.type.dtype == "f32" else make("as_f32", [labels])
