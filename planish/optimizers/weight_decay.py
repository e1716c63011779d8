"""Which weights decay."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planish.graph.node import Node
from planish.graph.settings import name_of
from planish.variable import Variable


class Exclusions:
    """Weights that do not decay: the weights themselves, or patterns that are found in their names.

    A weight's name is the last part of its path: 'kernel', 'bias', 'gamma'.
    """

    def __init__(self, variables: Sequence[Variable] = (), patterns: Sequence[str] = ()) -> None:
        self._variables = tuple(variables)
        self._patterns = tuple(re.compile(pattern) for pattern in patterns)

    def has(self, weight: Node) -> bool:
        """Whether the variable that the node stands for is one of them."""
        name = name_of(weight).rpartition("/")[2] if weight.op == "parameter" else ""
        given = any(variable.node is weight for variable in self._variables)
        return given or any(pattern.search(name) for pattern in self._patterns)
