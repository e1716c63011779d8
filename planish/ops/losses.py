"""Cross-entropies of each image, as Keras's `ops` have them; the losses of `planish.losses` take their means.

Nodes that are the result of a softmax or a sigmoid are seen through: the cross-entropy is that of the logits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from planish import primitives
from planish.graph.node import Node
from planish.ops import arithmetic, elementwise, nodes, reductions
from planish.ops.activations import log_softmax
from planish.ops.operation import NN, Value, operation
from planish.ops.picking import one_hot
from planish.ops.shapes import squeeze

EPSILON = 1e-7
"""How near probabilities may come to 0 and 1."""


def kept_inside(p: Any) -> Any:
    """Probabilities whose logarithms are finite."""
    return elementwise.clip(p, EPSILON, 1.0 - EPSILON)


def shares_of(output: Any, axis: int = -1) -> Any:
    """Outputs as probabilities that have the sum 1 along an axis, kept away from 0 and 1."""
    return kept_inside(arithmetic.divide(output, reductions.sum(output, axis, keepdims=True)))


def entropy_of_yes(target: Any, output: Any) -> Any:
    """-(target * log(output) + (1 - target) * log(1 - output)) of probabilities."""
    p = kept_inside(output)
    yes = arithmetic.multiply(target, elementwise.log(p))
    no = arithmetic.multiply(arithmetic.subtract(1, target), elementwise.log(arithmetic.subtract(1, p)))
    return elementwise.negative(arithmetic.add(yes, no))


def _logits(output: Any, activation: str, from_logits: bool) -> Any:
    """What goes into the softmax or the sigmoid; None if there are only probabilities."""
    if isinstance(output, Node) and output.op == activation:
        return output.inputs[0]
    return output if from_logits else None


def _check_same(target: Any, output: Any, name: str) -> None:
    shapes = [nodes.full_shape(x) if isinstance(x, Node) else x.shape for x in (target, output)]
    if len(shapes[0]) != len(shapes[1]) or any(
        None not in pair and pair[0] != pair[1] for pair in zip(*shapes, strict=True)
    ):
        raise nodes.mistake(
            f"ops.{name}: target and output have different shapes", expected=shapes[1], received=shapes[0]
        )


@operation(NN)
def categorical_crossentropy(target: Value, output: Value, from_logits: bool = False, axis: int = -1) -> Any:
    """-sum(target * log(output)) along `axis`, of probabilities or, with `from_logits`, of what goes into a softmax."""
    _check_same(target, output, "categorical_crossentropy")
    logits = _logits(output, "softmax", from_logits)
    logs = elementwise.log(shares_of(output, axis)) if logits is None else log_softmax(logits, axis)
    return elementwise.negative(reductions.sum(arithmetic.multiply(target, logs), axis))


@operation(NN)
def sparse_categorical_crossentropy(target: Value, output: Value, from_logits: bool = False, axis: int = -1) -> Any:
    """-log(output) of the class that `target` names, along the last axis."""
    rank = nodes.rank(output) if isinstance(output, Node) else output.ndim
    if axis not in (-1, rank - 1):
        raise nodes.mistake(
            "ops.sparse_categorical_crossentropy: classes are on the last axis", received=f"axis={axis}"
        )
    same_rank = (nodes.rank(target) if isinstance(target, Node) else target.ndim) == rank
    classes = squeeze(target, -1) if same_rank and target.shape[-1] == 1 else target
    logits = _logits(output, "softmax", from_logits)
    if logits is None:
        logits = elementwise.log(kept_inside(output))
    chosen = arithmetic.where(one_hot(classes, int(output.shape[-1])), log_softmax(logits), 0.0)  # others may be -inf
    return elementwise.negative(reductions.sum(chosen, -1))


@operation(NN)
def binary_crossentropy(target: Value, output: Value, from_logits: bool = False) -> Any:
    """-(target * log(output) + (1 - target) * log(1 - output)) of each element; `from_logits`: before the sigmoid."""
    _check_same(target, output, "binary_crossentropy")
    logits = _logits(output, "sigmoid", from_logits)
    if isinstance(logits, Node):
        return primitives.sigmoid_cross_entropy(*reversed(nodes.together(target, logits)))
    if logits is not None:
        return np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits)))
    return entropy_of_yes(target, output)


@operation(NN, "PSNR")
def psnr(x1: Value, x2: Value, max_val: float) -> Any:
    """The peak signal-to-noise ratio in decibels: 10 * log10(max_val ** 2 / mean squared difference of all)."""
    mistakes = reductions.mean(elementwise.square(arithmetic.subtract(x1, x2)))
    return arithmetic.multiply(elementwise.log10(arithmetic.divide(max_val**2, mistakes)), 10.0)
