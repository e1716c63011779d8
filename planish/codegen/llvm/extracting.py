"""A part of a module's text: some functions, and all that they call."""

from __future__ import annotations

import re
from collections.abc import Sequence

_DEFINE = re.compile(r"^(?=define )", re.MULTILINE)
_NAME = re.compile(r"define [^@]*@(\w+)\(")
_CALLED = re.compile(r"call void @(\w+)\(")
_DATA = re.compile(r"@data\d+")
_TRIPLE = re.compile(r'(?:target datalayout = "[^"]*"\n)?target triple = "[^"]*"')


def only(text: str, entries: Sequence[str], triple: str | None = None) -> str:
    """The text with no functions but those that `entries` need, which alone can be called from outside; for another
    system, if its `triple` is given."""
    head, *bodies = _DEFINE.split(text)
    bodies[-1], attributes = bodies[-1].split("\nattributes ", 1)
    named = {_named(body): body for body in bodies}
    needed = [named[name] if name in entries else _internal(named[name]) for name in _reached(named, entries)]
    if triple is not None:
        head = _TRIPLE.sub(f'target triple = "{triple}"', head)
    used = {name for body in needed for name in _DATA.findall(body)}
    kept = [line for line in head.splitlines(keepends=True) if not line.startswith("@") or line.split(" ")[0] in used]
    return "".join([*kept, *needed, f"\nattributes {attributes}"])


def _internal(body: str) -> str:
    return body if body.startswith("define internal ") else body.replace("define ", "define internal ", 1)


def _named(body: str) -> str:
    found = _NAME.match(body)
    assert found is not None, body[:100]
    return found[1]


def _reached(named: dict[str, str], entries: Sequence[str]) -> list[str]:
    """The names of the functions that are needed, in the order of the text."""
    needed, todo = set(entries), list(entries)
    for name in todo:
        new = (set(_CALLED.findall(named[name])) & named.keys()) - needed
        needed |= new
        todo += sorted(new)
    return [name for name in named if name in needed]
