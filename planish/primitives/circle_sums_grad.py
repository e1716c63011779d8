"""The gradient of `circle_sums` by the vectors of the images, or by those of the others.

c[n, m] = g[n, k] * exp(score_k(d[n, m]) - y[n, k]) * -score_k'(d[n, m])      # k: which kind of pair; 0 if d is 0
dx[n] = sum over m of c[n, m] * z[m],  dz[m] = sum over n of c[n, m] * x[n]
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.primitives.circle_sums import CircleSettings, Score, check_pairs, pairs_of, scores, scores_of
from planish.primitives.mistake import mistake
from planish.primitives.registry import Array, Environment, make, register_gradient


class CircleGradSettings(CircleSettings):
    of_others: bool


def _infer(inputs: Sequence[TensorType], settings: CircleGradSettings) -> TensorType:
    g, sums, *pairs = inputs
    check_pairs(pairs)
    if not g == sums == TensorType((2,)):
        raise mistake("the gradient of circle loss needs two sums of each image", received=f"{g}, {sums}")
    return pairs[0]


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    g, sums, x, labels, z, z_labels = arrays
    settings = CircleGradSettings.of(node)
    pairs = pairs_of(x, labels, z, z_labels, settings)
    coefficients = np.zeros_like(pairs.distances)
    for number, (kind, score) in enumerate(zip(pairs.kinds, scores_of(settings), strict=True)):
        share = np.exp(np.where(kind, scores(pairs.distances, score) - sums[:, number, None], -np.inf))
        coefficients += np.where(kind, g[:, number, None] * share * -_slopes(pairs.distances, score), 0)
    coefficients = np.where(1 - pairs.similarities < 0, 0, coefficients)
    return np.asarray(coefficients.T @ x if settings.of_others else coefficients @ z)


def _slopes(distances: Array, score: Score) -> Array:
    factor, offset, slope, middle = (distances.dtype.type(number) for number in score)
    weight = offset + slope * distances
    return np.asarray(factor * (np.where(weight >= 0, slope * (middle - distances), 0) - np.maximum(weight, 0)))


register_gradient("circle_sums_grad", CircleGradSettings, _infer, _reference)


def circle_sums_grad(g: Node, sums: Node, *, of_others: bool) -> Node:
    """`g` f32[N, 2] by the result of `circle_sums` -> f32[N, E]."""
    own = CircleSettings.of(sums)
    settings = CircleGradSettings(
        gamma=own.gamma, margin=own.margin, without_self=own.without_self, of_others=of_others
    )
    return make("circle_sums_grad", [g, sums, *sums.inputs], settings)
