"""A user's function as a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from planish.errors import explain
from planish.graph.node import Node
from planish.losses.loss import Loss


class FunctionLoss(Loss):
    """A function of (y_true, y_pred) that builds the loss of each position with `planish.ops`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(getattr(function, "__name__", "loss"))
        self._function = function

    def call(self, y_true: Node, y_pred: Node) -> Node:
        result = self._function(y_true, y_pred)
        if not isinstance(result, Node):
            raise TypeError(
                explain(
                    what=f"the loss function '{self.name}' does not build a loss",
                    expected="a function that computes with planish.ops, which can be compiled",
                    received=f"a result of type {type(result).__name__}",
                )
            )
        return result
