"""Class indices as vectors with a one at the class; an index out of range, or not whole, gives zeros."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType, type_of_numbers
from planish.graph.settings import Settings
from planish.primitives.mistake import mistake
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, make, register


class OneHotSettings(Settings):
    classes: int


def _infer(inputs: Sequence[TensorType], settings: OneHotSettings) -> TensorType:
    (labels,) = inputs
    if labels.dtype not in ("i32", type_of_numbers()) or settings.classes < 1:
        raise mistake(
            "one_hot takes class indices, and 1 class or more",
            expected=f"i32 or {type_of_numbers()} values",
            received=f"{labels}, {settings.classes} classes",
        )
    return TensorType((*labels.shape, settings.classes), batched=labels.batched)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (labels,) = arrays
    return np.asarray(labels[..., None] == np.arange(OneHotSettings.of(node).classes), environment.dtype)


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [None]


def _reach(node: Node, region: Region) -> Reached:
    yield node.inputs[0], region[:-1]


register(
    Primitive(
        name="one_hot",
        settings=OneHotSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=_reach,
        linear=NOT_LINEAR,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def one_hot(labels: Node, classes: int) -> Node:
    """`labels` i32 or f32[N, ...] -> f32[N, ..., classes]."""
    return make("one_hot", [labels], OneHotSettings(classes=int(classes)))
