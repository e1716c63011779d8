"""The names of weights in graphs, where they have to differ."""

from __future__ import annotations

from collections.abc import Iterable

from planish.variable import Variable


def make_unique(variables: Iterable[Variable]) -> None:
    """Renames variables that have the path of another one: layers of models inside a model may have equal names."""
    seen: dict[str, Variable] = {}
    for variable in variables:
        path, number = variable.path, 0
        while seen.setdefault(path, variable) is not variable:
            number += 1
            path = f"{variable.path}_{number}"
        if number:
            variable.rename(path)
