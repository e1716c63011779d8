"""Losses that ask for a margin: they are zero once an output is on the right side by 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from planish import primitives
from planish.graph.node import Node
from planish.losses.along_outputs import largest, mean, total
from planish.losses.reduction import Array
from planish.losses.regression import FixedLoss


class _SignedLoss(FixedLoss):
    """Targets are -1 and 1. Where all of them are 0 or 1, 0 means -1, as in Keras."""

    def prepare_targets(self, y_true: ArrayLike, output_shape: Sequence[int | None]) -> Array:
        prepared = super().prepare_targets(y_true, output_shape)
        binary = ((prepared == 0) | (prepared == 1)).all()
        return np.where(prepared, np.float32(1), np.float32(-1)) if binary else prepared


def _margin(y: Node, p: Node) -> Node:
    return primitives.maximum(primitives.subtract(1.0, primitives.multiply(y, p)), 0.0)


class Hinge(_SignedLoss):
    """mean(max(1 - y * p, 0)).

    >>> float(keras.losses.Hinge()([[1.0]], [[0.5]]))
    0.5
    """

    default_name = "hinge"
    meaning = staticmethod(lambda y, p: mean(_margin(y, p)))


class SquaredHinge(_SignedLoss):
    """mean(max(1 - y * p, 0)^2).

    >>> float(keras.losses.SquaredHinge()([[1.0]], [[0.5]]))
    0.25
    """

    default_name = "squared_hinge"
    meaning = staticmethod(lambda y, p: mean(primitives.square(_margin(y, p))))


def _categorical_hinge(y: Node, p: Node) -> Node:
    right = total(primitives.multiply(y, p))
    wrong = largest(primitives.multiply(primitives.subtract(1.0, y), p))
    return primitives.maximum(primitives.add(primitives.subtract(wrong, right), 1.0), 0.0)


class CategoricalHinge(FixedLoss):
    """max(largest wrong - right + 1, 0) for one-hot targets.

    >>> float(keras.losses.CategoricalHinge()([[0.0, 1.0]], [[0.5, 0.5]]))
    1.0
    """

    default_name = "categorical_hinge"
    meaning = staticmethod(_categorical_hinge)
