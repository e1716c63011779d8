"""A matrix product with weights, on the last axis: y[n, ..., m] = sum over k of x[n, ..., k] * w[k, m]."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Attributes, Node, TensorType
from planish.primitives.mistake import check_values, mistake
from planish.primitives.registry import Array, Environment, make, register


def _infer(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    x, w = inputs
    check_values("a dense layer", x, w)
    if len(w.shape) != 2 or w.batched:
        raise mistake("the weights of a dense layer are one matrix for all images", received=w)
    if not x.shape or x.shape[-1] != w.shape[0]:
        raise mistake(
            "a dense layer got another number of features than it has weights for",
            rule="the last axis of the input has one entry per row of the kernel",
            expected=f"{w.shape[0]} features",
            received=f"shape {x.shape}",
            remedy="build the layer for this input, or put a Flatten in front of it",
        )
    return TensorType((*x.shape[:-1], w.shape[1]), batched=x.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, w = arrays
    product: Array = x.reshape(-1, len(w)) @ w  # one product, however many axes there are
    return product.reshape(*x.shape[:-1], w.shape[1])


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.transpose import transpose

    x, w = node.inputs
    # dx[n, k] = sum over m of g[n, m] * w[k, m];  dw[k, m] = sum over n of x[n, k] * g[n, m]
    return [dense(g, transpose(w, (1, 0))), dense_weight_grad(x, g)]


def _infer_weight_grad(inputs: Sequence[TensorType], attributes: Attributes) -> TensorType:
    x, g = inputs
    if not x.shape or x.shape[:-1] != g.shape[:-1] or x.batched != g.batched:
        raise mistake("a dense layer's input and gradient do not go together", received=f"{x} and {g}")
    return TensorType((x.shape[-1], g.shape[-1]), batched=False)


def _weight_grad(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, g = arrays
    product: Array = x.reshape(-1, x.shape[-1]).T @ g.reshape(-1, g.shape[-1])
    return product


register("dense", _infer, _reference, _grad)
register("dense_weight_grad", _infer_weight_grad, _weight_grad, None)


def dense(x: Node, w: Node) -> Node:
    """`x` f32[N, ..., k], `w` f32[k, m] -> f32[N, ..., m]."""
    return make("dense", [x, w])


def dense_weight_grad(x: Node, g: Node) -> Node:
    """`x` f32[N, ..., k], `g` f32[N, ..., m] -> f32[k, m], summed over the batch and the axes between."""
    return make("dense_weight_grad", [x, g])
