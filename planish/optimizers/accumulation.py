"""Gradients of several batches that make one step: they are added up, and their mean is what the optimizer sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planish import primitives
from planish.graph.node import Node

SLOT = "gradient_accumulator"
UPDATES = "updates"
"""The scalar that is 1 in a step that changes weights, and else 0."""


def updates_at(step: int, batches: int) -> float:
    """Whether the optimizer's rule is applied after `step` batches and one more."""
    return float((step + 1) % batches == 0)


def totals(gradients: Sequence[Node], slots: Sequence[Mapping[str, Node]]) -> list[Node]:
    """The sum of each gradient since the last change of the weights."""
    return [primitives.add(gradient, own[SLOT]) for gradient, own in zip(gradients, slots, strict=True)]


def means(summed: Sequence[Node], batches: int) -> list[Node]:
    return [primitives.divide(total, float(batches)) for total in summed]


def value_after(update: Node, new: Node, old: Node) -> Node:
    """The new value in a step that changes weights, and else the old one."""
    return primitives.select(update, new, old)


def slots_after(update: Node, new: Mapping[str, Node], old: Mapping[str, Node], total: Node) -> dict[str, Node]:
    """The same for the slots that change; sums begin again once they were used."""
    changed = {name: value_after(update, value, old[name]) for name, value in new.items()}
    return {**changed, SLOT: primitives.select(update, 0.0, total)}
