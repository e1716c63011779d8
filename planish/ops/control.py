"""Decisions and loops. Over nodes they are decided when the graph is made: their conditions have to be known then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from planish import structures
from planish.graph.node import Node
from planish.ops import arithmetic, nodes
from planish.ops.joining import stack, unstack
from planish.ops.operation import NUMPY, Value, Values, operation
from planish.symbolic import any_symbolic


def _known(condition: Any, name: str) -> Any:
    if isinstance(condition, Node) or any_symbolic(condition):
        raise nodes.mistake(
            f"ops.{name}: the condition is computed later",
            rule="what is computed is decided when the model is made",
            remedy="ops.where(condition, a, b) chooses for every element",
        )
    return condition


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """`true_fn()` if `pred` is true, else `false_fn()`. ValueError if `pred` is computed later.

    >>> ops.cond(1 > 2, lambda: "yes", lambda: "no")
    'no'
    """
    return true_fn() if bool(np.asarray(_known(pred, "cond"))) else false_fn()


def switch(index: Any, branches: Sequence[Callable[..., Any]], *operands: Any) -> Any:
    """The branch of that number, of `operands`; the first or the last if there is none."""
    place = int(np.clip(int(np.asarray(_known(index, "switch"))), 0, len(branches) - 1))
    return branches[place](*operands)


def while_loop(
    cond: Callable[..., Any], body: Callable[..., Any], loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """`body` of the values, again and again, as long as `cond` of them is true, at most `maximum_iterations` times.

    >>> ops.while_loop(lambda i, power: i < 5, lambda i, power: (i + 1, 2 * power), (0, 1))
    (5, 32)
    """
    several = isinstance(loop_vars, list | tuple)
    values = tuple(loop_vars) if several else (loop_vars,)
    count = 0
    while (maximum_iterations is None or count < maximum_iterations) and _known(cond(*values), "while_loop"):
        found = body(*values)
        values = tuple(found) if isinstance(found, list | tuple) else (found,)
        count += 1
    return type(loop_vars)(values) if several else values[0]


def fori_loop(lower: int, upper: int, body_fun: Callable[[int, Any], Any], init_val: Any) -> Any:
    """`body_fun(i, value)` for i from `lower` to `upper` - 1, each of what the one before it gave.

    >>> ops.fori_loop(0, 4, lambda i, total: total + i, 10)
    16
    """
    value = init_val
    for place in range(int(_known(lower, "fori_loop")), int(_known(upper, "fori_loop"))):
        value = body_fun(place, value)
    return value


def map(f: Callable[[Any], Any], xs: Any) -> Any:
    """`f` of each entry along the first axis of an array, or of the arrays in a structure, stacked again.

    >>> ops.map(lambda row: row.max(), np.array([[1, 2], [4, 3]])).tolist()
    [2, 4]
    """
    parts = [unstack(leaf) for leaf in structures.leaves(xs)]
    results = [f(structures.packed(xs, [*entry])) for entry in zip(*parts, strict=True)]
    forms = [structures.leaves(result) for result in results]
    return structures.packed(results[0], [stack([*column]) for column in zip(*forms, strict=True)])


def vectorized_map(function: Callable[[Any], Any], elements: Any) -> Any:
    """`function` of each entry along the first axis of the arrays in a structure, stacked again, as `map`."""
    return map(function, elements)


def _select_of_nodes(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    chosen = default
    for condition, choice in reversed([*zip(condlist, choicelist, strict=True)]):
        chosen = arithmetic.where(condition, choice, chosen)
    return chosen


@operation(NUMPY, nodes=_select_of_nodes)
def select(condlist: Values, choicelist: Values, default: Value = 0) -> Any:
    """For each element the choice that belongs to the first condition that is true, or `default`.

    >>> ops.select([[True, False], [True, True]], [[1, 2], [3, 4]]).tolist()
    [1, 4]
    """
    return _select_of_nodes(condlist, choicelist, default)
