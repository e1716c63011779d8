"""Softmax on the last axis, safe for large inputs."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import meanings, reaching
from planish.primitives.mistake import check_values, mistake
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, make, register


def infer(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    """The type of the result. ValueError for operands without an axis to work along."""
    check_values("softmax", *inputs)
    if not inputs[0].shape:
        raise mistake("softmax needs an axis to work along", received=inputs[0])
    return inputs[0]


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    return meanings.softmax(x)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.binary import multiply, subtract
    from planish.primitives.reduce import reduce_sum

    # dx = y * (g - sum(g * y))
    last = len(node.shape) - 1
    return [multiply(node, subtract(g, reduce_sum(multiply(g, node), (last,), keepdims=True)))]


register(
    Primitive(
        name="softmax",
        settings=Settings,
        infer=infer,
        reference=_reference,
        gradient=_grad,
        reach=reaching.last_axis,
        linear=NOT_LINEAR,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def softmax(x: Node) -> Node:
    """exp(x) / sum(exp(x)) along the last axis."""
    return make("softmax", [x])
