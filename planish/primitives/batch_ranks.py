"""The place of each image's number among those of the batch, in ascending order: y[n] = how many are less than x[n].

Of equal numbers, those of images before come first, so that the places are 0 to N - 1, each once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives import reaching
from planish.primitives.mistake import mistake
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, make, register


class BatchRanksSettings(Settings):
    pass


def _infer(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    (source,) = inputs
    if source != TensorType(()):
        raise mistake("places in the batch need one number of each image", received=source)
    return source


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (x,) = arrays
    ranks = np.empty_like(x)
    ranks[np.argsort(x, kind="stable")] = np.arange(len(x))
    return ranks


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    return [None]


register(
    Primitive(
        name="batch_ranks",
        settings=BatchRanksSettings,
        infer=_infer,
        reference=_reference,
        gradient=_grad,
        reach=reaching.by_element,
        linear=NOT_LINEAR,
        tail=False,
        monotone=False,
        elementwise=False,
        multiply_adds=NO_PRODUCTS,
    )
)


def batch_ranks(x: Node) -> Node:
    """`x` f32[N] -> f32[N]: whole numbers from 0 to N - 1."""
    return make("batch_ranks", [x], BatchRanksSettings())
