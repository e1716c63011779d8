"""Errors of shape rules: they name the layer for which the node is being made, so that no rule has to."""

from __future__ import annotations

from typing import Any

from planish.errors import TooSmall, explain
from planish.graph.node import TensorType, current_layers, type_of_numbers


def mistake(
    what: str,
    *,
    rule: str | None = None,
    expected: object | None = None,
    received: object | None = None,
    remedy: str | None = None,
) -> ValueError:
    """The error to raise, in the one form that all messages have (`planish.errors.explain`)."""
    layer = ", ".join(current_layers()) or None
    return ValueError(explain(what=what, layer=layer, rule=rule, expected=expected, received=received, remedy=remedy))


def too_small(what: str, **parts: Any) -> ValueError:
    """The same about an extent that would do if it was larger."""
    return ValueError(TooSmall(mistake(what, **parts)))


def check_values(what: str, *types: TensorType) -> None:
    """ValueError unless all are numbers: class indices are not quantities."""
    numbers = type_of_numbers()
    for type_ in types:
        if type_.dtype != numbers:
            raise mistake(
                f"{what} computes with {numbers} values",
                received=" and ".join(map(str, types)),
                remedy="one_hot(labels, classes), or as_floats(labels) for the numbers themselves",
            )
