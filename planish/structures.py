"""Nested lists, tuples and dictionaries of anything, as Keras takes them for several inputs, outputs and targets.

The items of a dictionary come in the order of its sorted keys, as in Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from planish.errors import explain

_LISTS = (list, tuple)


def is_structure(value: Any) -> bool:
    """Whether `value` is a list, a tuple or a dictionary; anything else is a leaf."""
    return isinstance(value, list | tuple | Mapping)


def leaves(structure: Any) -> list[Any]:
    """The leaves of a structure, in order. ValueError for a structure that holds itself."""
    try:
        return [*_leaves(structure)]
    except RecursionError:
        if not _holds_itself(structure):
            raise
        raise ValueError(
            explain(
                what="a list, tuple or dictionary holds itself",
                expected="a structure that ends somewhere",
                received=repr(structure)[:200],
            )
        ) from None


def _holds_itself(structure: Any) -> bool:
    """Whether a structure is inside itself; found without recursion."""
    around: dict[int, None] = {}
    waiting: list[tuple[Any, bool]] = [(structure, True)]
    done: set[int] = set()
    while waiting:
        item, enters = waiting.pop()
        if not enters:
            around.pop(id(item))
            done.add(id(item))
        elif id(item) in around:
            return True
        elif is_structure(item) and id(item) not in done:
            around[id(item)] = None
            waiting.append((item, False))
            waiting.extend((inner, True) for inner in (item.values() if isinstance(item, Mapping) else item))
    return False


def _leaves(structure: Any) -> Iterator[Any]:
    if isinstance(structure, _LISTS):
        for item in structure:
            yield from _leaves(item)
    elif _is_mapping(structure.__class__):
        for key in ordered_keys(structure):
            yield from _leaves(structure[key])
    else:
        yield structure


@lru_cache(maxsize=1024)
def _is_mapping(class_: type) -> bool:
    """Python asks the classes themselves every time, and a net has thousands of leaves of few classes."""
    return issubclass(class_, Mapping)


def mapped(function: Callable[[Any], Any], structure: Any) -> Any:
    """A structure of the same form whose leaves are what `function` gives for the leaves, in order."""
    if isinstance(structure, _LISTS):
        items = [mapped(function, item) for item in structure]
        if isinstance(structure, list):
            return items
        return type(structure)(*items) if hasattr(structure, "_fields") else tuple(items)
    if _is_mapping(structure.__class__):
        made = {key: mapped(function, structure[key]) for key in ordered_keys(structure)}
        return {key: made[key] for key in structure}
    return function(structure)


def packed(form: Any, items: list[Any]) -> Any:
    """A structure such as `form` with other leaves. There are as many `items` as leaves."""
    waiting = iter(items)
    return mapped(lambda _: next(waiting), form)


def same_form(a: Any, b: Any) -> bool:
    """Whether two structures differ in their leaves only; a list and a tuple of the same length are the same form."""
    if isinstance(a, Mapping) or isinstance(b, Mapping):
        both = isinstance(a, Mapping) and isinstance(b, Mapping)
        return both and set(a) == set(b) and all(same_form(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple) or isinstance(b, list | tuple):
        both = isinstance(a, list | tuple) and isinstance(b, list | tuple)
        return both and len(a) == len(b) and all(map(same_form, a, b))
    return True


def ordered_keys(mapping: Mapping[Any, Any]) -> list[Any]:
    """The keys in sorted order; as they come if they cannot be sorted."""
    try:
        return sorted(mapping)
    except TypeError:
        return [*mapping]
