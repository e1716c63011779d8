"""Labels as numbers to compute with: whole i32 numbers as f32, which is exact up to 2**24, or as f64 in a graph of
those."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import NUMBERS, Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import linearity, reaching
from planish.primitives.mistake import mistake
from planish.primitives.registry import NO_PRODUCTS, Array, Environment, Primitive, make, register


def _infer(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    (labels,) = inputs
    if labels.dtype != "i32":
        raise mistake("as_floats takes whole numbers", expected="i32 values", received=labels)
    return TensorType(labels.shape, batched=labels.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    return np.asarray(arrays[0], environment.dtype)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [None]


register(
    Primitive(
        name="as_floats",
        settings=Settings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=reaching.by_element,
        linear=linearity.in_all,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def as_floats(labels: Node) -> Node:
    """`labels` i32[N, ...] -> the numbers of the graph [N, ...]; those are given back as they are."""
    return labels if labels.type.dtype in NUMBERS else make("as_floats", [labels])
