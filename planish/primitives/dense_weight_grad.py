"""The gradient of a dense layer with respect to its weights.

dw[k, m] = sum over n, ... of x[n, ..., k] * g[n, ..., m]
"""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register_gradient


def _infer(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    x, g = inputs
    if not x.shape or x.shape[:-1] != g.shape[:-1] or x.batched != g.batched:
        raise mistake("a dense layer's input and gradient do not go together", received=f"{x} and {g}")
    return TensorType((x.shape[-1], g.shape[-1]), batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, g = arrays
    product: Array = x.reshape(-1, x.shape[-1]).T @ g.reshape(-1, g.shape[-1])
    return product


register_gradient("dense_weight_grad", Settings, _infer, _reference)


def dense_weight_grad(x: Node, g: Node) -> Node:
    """`x` f32[N, ..., k], `g` f32[N, ..., m] -> f32[k, m], summed over the batch and the axes between."""
    return make("dense_weight_grad", [x, g])
