"""Whether any element is not a number or infinite: NaN then, else 0.

A product with zero may be left out only where it is zero: not if the other factor is NaN or infinite.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planish.graph.node import Node, TensorType
from planish.graph.settings import Settings
from planish.primitives.registry import Array, Environment, make, register_rewritten


def _infer(inputs: Sequence[TensorType], settings: Settings) -> TensorType:
    return TensorType((1,), batched=False)


def _reference(arrays: Sequence[Array], node: Node, environment: Environment) -> Array:
    (weights,) = arrays
    return np.array([0.0 if np.isfinite(weights).all() else np.nan], weights.dtype)


register_rewritten("not_finite", Settings, _infer, _reference)


def not_finite(weights: Node) -> Node:
    """`weights` have no batch axis."""
    return make("not_finite", [weights])
