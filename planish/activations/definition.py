"""What an activation function is: one definition for nodes, which holds for arrays and for symbolic tensors too."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from planish.evaluation import evaluate
from planish.graph.node import Node
from planish.symbolic import SymbolicTensor
from planish.tensor import tensor

Activation = Callable[..., Any]
Function = TypeVar("Function", bound=Activation)

FUNCTIONS: dict[str, Activation] = {}
"""Keras's functions by their names."""


def listed(function: Function) -> Function:
    """Makes the function known by its name."""
    FUNCTIONS[function.__name__] = function
    return function


def activation(of_symbolic: Activation) -> Callable[[Function], Function]:
    """Lists a function of a node by its name, and lets it be called on arrays too.

    `of_symbolic` takes the same arguments, and gives the part of a model that Keras makes of a symbolic tensor.
    """

    def decorate(function: Function) -> Function:
        signature = inspect.signature(function)

        @functools.wraps(function)
        def on_all(x: Any, *arguments: Any, **settings: Any) -> Any:
            if isinstance(x, Node):
                return function(x, *arguments, **settings)
            if isinstance(x, SymbolicTensor):
                bound = signature.bind(x, *arguments, **settings)
                bound.apply_defaults()
                return of_symbolic(**bound.arguments)
            return tensor(evaluate(lambda node: function(node, *arguments, **settings), x))

        return listed(cast(Function, on_all))

    return decorate
