"""A user's function as a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from planish import tracing
from planish.graph.node import Node
from planish.losses.loss import Loss


class FunctionLoss(Loss):
    """A function of (y_true, y_pred) that builds the loss of each position with operators and `planish.ops`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(tracing.name_of(function))
        self.function = function

    def call(self, y_true: Node, y_pred: Node) -> Node:
        result: Node = self.function(y_true, y_pred)
        return result
