"""Runs a user's function on nodes: what it gives has to be a node, and its mistakes say whose they are."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from planish.errors import explain, is_explained
from planish.graph.node import Node, seen_as_in_keras

_PART_OF_EVERY_REASON = "planish compiles what the function computes; it is run once, on values that are not known yet"


def name_of(function: Any) -> str:
    """The name of a function, of the one inside a `functools.partial`, or of an object's class."""
    inner = innermost(function)
    return str(getattr(inner, "__name__", type(inner).__name__))


def innermost(function: Any) -> Any:
    """The function inside a `functools.partial`, or itself."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


def traced(place: str, function: Callable[..., Any], *arguments: Any, given: str, example: str) -> Node:
    """What `function` makes of nodes. TypeError if that is not a node.

    `place` is whose function it is ("loss 'focal'"); `given` says what the result has to be computed from, `example`
    is code that does it.
    """
    with told(place), seen_as_in_keras():
        result = function(*arguments)
    if isinstance(result, Node):
        return result
    raise TypeError(
        explain(
            layer=place,
            what="the result cannot be compiled",
            rule=_PART_OF_EVERY_REASON,
            expected=f"a result that is computed from {given}, with operators and planish.ops",
            received=f"a result of type {type(result).__name__}",
            remedy=example,
        )
    )


@contextmanager
def told(place: str) -> Iterator[None]:
    """Mistakes inside are told with the place, unless they name one."""
    try:
        yield
    except (TypeError, ValueError, AttributeError) as error:
        if is_explained(error) and not _names_a_place(error.args[0]):
            error.args = (type(error.args[0])(f"{place}: {error.args[0]}"), *error.args[1:])
        raise


def _names_a_place(text: str) -> bool:
    """Whether the first line begins with a layer or a function: "Dense 'dense': ..."."""
    first = text.partition("\n")[0]
    return "': " in first
