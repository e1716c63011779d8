"""Names that layers and models get when the user gives none: conv2d, conv2d_1, flatten, max_pooling2d."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_of_all: Counter[str] = Counter()
_apart: ContextVar[Counter[str] | None] = ContextVar("apart", default=None)


def _used() -> Counter[str]:
    """How many names of each stem have been given away."""
    apart = _apart.get()
    return _of_all if apart is None else apart


@contextmanager
def apart() -> Iterator[None]:
    """Names that are given inside do not count outside: for layers that no user sees."""
    token = _apart.set(Counter())
    try:
        yield
    finally:
        _apart.reset(token)


def automatic_name(class_name: str) -> str:
    """The next free name for an object of the class: its name in snake case, numbered from the second on."""
    stem = snake_case(class_name)
    number = _used()[stem]
    _used()[stem] += 1
    return f"{stem}_{number}" if number else stem


def count_on(class_name: str, name: str) -> None:
    """Automatic names go on behind `name`, if it looks like one, as those of layers from a file do."""
    stem = snake_case(class_name)
    numbered = re.fullmatch(rf"{re.escape(stem)}(?:_(\d{{1,9}}))?", name)
    if numbered:
        _used()[stem] = max(_used()[stem], int(numbered[1] or 0) + 1)


LONGEST = 1000
"""Characters of a name: one comes again in the paths of all weights, in tables, and in messages."""


def misfit(name: object) -> str | None:
    """What a name should be that is not one; None for a name that files and tables can have."""
    if not isinstance(name, str) or not name or "/" in name:
        return "a string without '/'"
    if len(name) > LONGEST:
        return f"a string of at most {LONGEST:,} characters"
    return None if _can_be_written(name) else "a string of characters that a file can have"


def _can_be_written(name: str) -> bool:
    try:
        return b"\0" not in name.encode()
    except UnicodeEncodeError:  # half of a character, which JSON can have
        return False


def snake_case(class_name: str) -> str:
    """Keras's spelling: MaxPooling2D -> max_pooling2d, ReLU -> re_lu."""
    spaced = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", spaced).lower()


def reset_names() -> None:
    """Starts the numbering again, as in a fresh process."""
    _of_all.clear()
