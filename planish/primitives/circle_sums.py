"""What circle loss adds up over all pairs of the batch: two logarithms of sums for each image (Sun et al., 2020).

    d[n, m] = max(1 - sum over e of x[n, e] * z[m, e], 0)                      # of an image and another one
    y[n, 0] = log(sum over m of exp(-gamma * max(margin + d, 0) * (margin - d)))             # m has the label of n
    y[n, 1] = log(sum over m of exp(gamma * max(1 + margin - d, 0) * (1 - margin - d)))      # m has another one

A sum without pairs is minus infinity. Products of N x N images are never in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from planish.graph.node import Node, TensorType, type_of_numbers
from planish.graph.settings import Settings
from planish.primitives.mistake import check_values, mistake
from planish.primitives.reaching import Reached
from planish.primitives.regions import Region, whole
from planish.primitives.registry import NO_PRODUCTS, NOT_LINEAR, Array, Environment, Primitive, make, register


class CircleSettings(Settings):
    """`without_self`: an image is not a pair with the one of its own place."""

    gamma: float
    margin: float
    without_self: bool


class Score(NamedTuple):
    """How pairs of one kind count: `factor * max(offset + slope * d, 0) * (middle - d)`, d being their distance."""

    factor: float
    offset: float
    slope: float
    middle: float


def scores_of(settings: CircleSettings) -> tuple[Score, Score]:
    """Those of pairs with the same label, and of all others."""
    gamma, margin = settings.gamma, settings.margin
    return Score(-gamma, margin, 1.0, margin), Score(gamma, 1 + margin, -1.0, 1 - margin)


class Pairs(NamedTuple):
    """All pairs of images [n] and others [m]: similarities, distances, and which pairs are of either kind."""

    similarities: Array
    distances: Array
    kinds: tuple[Array, Array]


def pairs_of(x: Array, labels: Array, z: Array, z_labels: Array, settings: CircleSettings) -> Pairs:
    """All arrays are [n, m]."""
    similarities = np.asarray(x @ z.T)
    same = labels[:, None] == z_labels[None]
    alike = same & (np.arange(len(x))[:, None] != np.arange(len(z))) if settings.without_self else same
    return Pairs(similarities, np.maximum(1 - similarities, 0), (alike, ~same))


def scores(distances: Array, score: Score) -> Array:
    factor, offset, slope, middle = (distances.dtype.type(number) for number in score)
    return np.asarray(factor * np.maximum(offset + slope * distances, 0) * (middle - distances))


def sums(x: Array, labels: Array, z: Array, z_labels: Array, settings: CircleSettings) -> Array:
    """`x` [n, e] with labels [n], `z` [m, e] with labels [m] -> [n, 2]."""
    pairs = pairs_of(x, labels, z, z_labels, settings)
    kinds = zip(pairs.kinds, scores_of(settings), strict=True)
    with np.errstate(all="ignore"):
        found = [_log_sum(np.where(kind, scores(pairs.distances, score), -np.inf)) for kind, score in kinds]
    return np.stack(found, axis=-1).astype(x.dtype, copy=False)


def _log_sum(values: Array) -> Array:
    largest = values.max(axis=1, keepdims=True, initial=-np.inf)
    base = np.where(np.isneginf(largest), 0, largest)
    return np.asarray(base[:, 0] + np.log(np.exp(values - base).sum(axis=1)))


def check_pairs(inputs: Sequence[TensorType]) -> None:
    """ValueError for types that are not vectors and labels of images, and of others."""
    x, labels, z, z_labels = inputs
    check_values("circle loss", x, z)
    of_images = all(type_.batched for type_ in inputs) and labels.shape == z_labels.shape == ()
    known = labels.dtype == z_labels.dtype and labels.dtype in ("i32", type_of_numbers())
    if not (of_images and known and len(x.shape) == 1 and x.shape == z.shape):
        raise mistake(
            "circle loss needs one vector and one label of each image",
            expected="vectors of one length, and labels of one type",
            received=", ".join(map(str, inputs)),
        )


def _infer(inputs: Sequence[TensorType], settings: CircleSettings) -> TensorType:
    check_pairs(inputs)
    return TensorType((2,))


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    x, labels, z, z_labels = arrays
    return sums(x, labels, z, z_labels, CircleSettings.of(node))


def _grad(node: Node, g: Node) -> Sequence[Node | None]:
    from planish.primitives.circle_sums_grad import circle_sums_grad

    by_images, by_others = (circle_sums_grad(g, node, of_others=of_others) for of_others in (False, True))
    return [by_images, None, by_others, None]


def _reach(node: Node, region: Region) -> Reached:
    for source in node.inputs:
        yield source, whole(source.shape)


register(
    Primitive(
        name="circle_sums",
        settings=CircleSettings,
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


def circle_sums(x: Node, labels: Node, z: Node, z_labels: Node, settings: CircleSettings) -> Node:
    """`x`, `z` f32[N, E] and labels i32 or f32[N] -> f32[N, 2]."""
    return make("circle_sums", [x, labels, z, z_labels], settings)
