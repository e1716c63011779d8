"""Which weights decay."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planish.variable import Variable


class Exclusions:
    """Weights that do not decay: given themselves, or by patterns that are found in their names.

    A weight's name is the last part of its path: 'kernel', 'bias', 'gamma'.
    """

    def __init__(self, variables: Sequence[Variable] = (), patterns: Sequence[str] = ()) -> None:
        self._paths = frozenset(variable.path for variable in variables)
        self._patterns = tuple(re.compile(pattern) for pattern in patterns)

    def has(self, path: str) -> bool:
        name = path.rpartition("/")[2]
        return path in self._paths or any(pattern.search(name) for pattern in self._patterns)
