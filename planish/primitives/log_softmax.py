"""The logarithm of a softmax on the last axis, safe for large inputs."""

from __future__ import annotations

from collections.abc import Sequence

from planish.graph.node import Node
from planish.graph.settings import Settings
from planish.primitives import meanings, reaching
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, make, register
from planish.primitives.softmax import infer, softmax


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    return meanings.log_softmax(x)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.binary import multiply, subtract
    from planish.primitives.reduce import reduce_sum

    # dx = g - softmax(x) * sum(g): for a cross-entropy, whose g is minus the target, that is p - y. The softmax is not
    # taken to be exp(node): the model's output most often is the same softmax, which then is computed once.
    last = len(node.shape) - 1
    return [subtract(g, multiply(softmax(node.inputs[0]), reduce_sum(g, (last,), keepdims=True)))]


register(
    Primitive(
        name="log_softmax",
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


def log_softmax(x: Node) -> Node:
    """x - log(sum(exp(x))) along the last axis."""
    return make("log_softmax", [x])
