"""A matrix product with weights, on the last axis: y[n, ..., m] = sum over k of x[n, ..., k] * w[k, m]."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity, reaching
from planish.primitives.mistake import check_values, mistake
from planish.primitives.registry import Array, Environment, Primitive, make, register


def _infer(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
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
    from planish.primitives.dense_weight_grad import dense_weight_grad
    from planish.primitives.transpose import transpose

    x, w = node.inputs
    # dx[n, k] = sum over m of g[n, m] * w[k, m];  dw[k, m] = sum over n of x[n, k] * g[n, m]
    return [dense(g, transpose(w, (1, 0))), dense_weight_grad(x, g)]


def _multiply_adds(node: Node) -> int:
    return node.type.size * node.inputs[1].shape[0]


register(
    Primitive(
        name="dense",
        settings=Settings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=reaching.last_axis,
        linear=linearity.in_first,
        tail=True,
        monotone=False,
        elementwise=False,
        multiply_adds=_multiply_adds,
    )
)


def dense(x: Node, w: Node) -> Node:
    """`x` f32[N, ..., k], `w` f32[k, m] -> f32[N, ..., m]."""
    return make("dense", [x, w])
