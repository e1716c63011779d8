"""A program's functions as several modules, which LLVM compiles at the same time, and while others are being written.

Each has some of the functions, whole, and declares those of the others that it calls; these are hidden, so that only
the program itself can be asked for by name. Which functions a module has depends on nothing but their text: the code is
the same however many threads compile it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from planish.codegen.llvm.alike import Defined

FEWEST_CHARACTERS = 250_000
"""Of each module, which takes LLVM a few milliseconds by itself."""

_DATA = re.compile(r"@data\d+")

Functions = list[Defined]


def dealt_out(functions: Sequence[Defined], *, everything: bool) -> tuple[list[Functions], Functions]:
    """The functions of each module, and those that have to wait until there are more of them, unless this is
    `everything`."""
    count = sum(len(function.body) for function in functions) // FEWEST_CHARACTERS
    if everything:
        count = max(count, min(1, len(functions)))
    return (_shared_out(functions, count), []) if count else ([], [*functions])


def _shared_out(functions: Sequence[Defined], count: int) -> list[Functions]:
    """So many lists of about as much text each: the longest function first, to whichever has least."""
    modules: list[Functions] = [[] for _ in range(count)]
    lengths = [0] * count
    for function in sorted(functions, key=lambda function: -len(function.body)):
        least = lengths.index(min(lengths))
        modules[least].append(function)
        lengths[least] += len(function.body)
    return [module for module in modules if module]


def written(
    head: str, constants: Mapping[str, str], own: Sequence[Defined], known: Mapping[str, Defined], attributes: str
) -> str:
    """A module of some functions, which call others among the `known` ones; `constants` are the definitions of all."""
    texts = [function.text(hidden=True) for function in own]
    called = set().union(*(function.called for function in own)) - {function.name for function in own}
    declarations = [known[name].declaration for name in sorted(called)]
    used = {name for text in texts for name in _DATA.findall(text)}
    data = [definition for name, definition in constants.items() if name in used]
    return "\n".join([head, *data, "", *declarations, *texts, attributes])
