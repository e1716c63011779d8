"""A module's text as several modules, which LLVM compiles at the same time.

Each has some of the functions, whole, and declares those of the others that it calls; these are hidden, so that only
the program itself can be asked for by name. How a text is cut depends on nothing but the text: the code is the same
however many threads compile it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from typing import NamedTuple

FEWEST_CHARACTERS, MOST_MODULES = 250_000, 16
"""Of each module, which takes LLVM a few milliseconds by itself; and how many there are at most."""

_DEFINE = re.compile(r"^(?=define )", re.MULTILINE)
_HEAD = re.compile(r"define (?:internal )?void @(\w+)\((.*)\) #\d+ \{")
_CALLED = re.compile(r"call void @(\w+)\(")
_DATA = re.compile(r"@data\d+")


class _Function(NamedTuple):
    name: str
    text: str
    declared: str

    @classmethod
    def of(cls, text: str) -> _Function:
        head = _HEAD.match(text)
        assert head is not None, text[:100]
        parameters = re.sub(r" %\w+", "", head[2])
        return cls(head[1], text, f"declare hidden void @{head[1]}({parameters})\n")


def split(text: str) -> list[str]:
    """The text itself if it is small."""
    count = min(MOST_MODULES, len(text) // FEWEST_CHARACTERS)
    if count < 2:
        return [text]
    head, *texts = _DEFINE.split(text)
    texts[-1], attributes = texts[-1].split("\nattributes ", 1)
    functions = list(map(_Function.of, texts))
    modules = _shared_out(functions, count)
    declared = {function.name: function.declared for function in functions}
    elsewhere = [_called(own) & declared.keys() - {function.name for function in own} for own in modules]
    across = set().union(*elsewhere)
    return [
        _written(head, [declared[name] for name in sorted(others)], own, across, attributes)
        for own, others in zip(modules, elsewhere, strict=True)
    ]


def _shared_out(functions: Sequence[_Function], count: int) -> list[list[_Function]]:
    """So many lists of about as much text each: the longest function first, to whichever has least."""
    modules: list[list[_Function]] = [[] for _ in range(count)]
    lengths = [0] * count
    for function in sorted(functions, key=lambda function: -len(function.text)):
        least = lengths.index(min(lengths))
        modules[least].append(function)
        lengths[least] += len(function.text)
    return modules


def _called(functions: Sequence[_Function]) -> set[str]:
    return {name for function in functions for name in _CALLED.findall(function.text)}


def _written(
    head: str, declarations: Sequence[str], functions: Sequence[_Function], across: Set[str], attributes: str
) -> str:
    """A module; functions in `across` are called by others, too."""
    texts = [
        function.text.replace("define internal", "define hidden", 1) if function.name in across else function.text
        for function in functions
    ]
    used = {name for text in texts for name in _DATA.findall(text)}
    kept = (line for line in head.splitlines(keepends=True) if not line.startswith("@") or line.split(" ")[0] in used)
    return "".join([*kept, *declarations, *texts, f"\nattributes {attributes}"])
