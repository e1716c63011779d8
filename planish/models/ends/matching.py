"""Which of the inputs, or outputs, of a model each part of a structure is for: by its place, or by its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planish import structures
from planish.errors import explain


def matched(label: str, specs: Sequence[Any], form: Any, given: Any) -> list[Any]:
    """The parts of `given` in the order of `specs`, which have names; `form` is the structure of the model's own.

    One array may stand for a list of one; a dictionary goes by names. ValueError, telling what is missing, if the
    parts cannot be matched.
    """
    names = [spec.name for spec in specs]
    if isinstance(given, Mapping):
        return _by_name(label, names, form, given)
    parts = structures.leaves(given)
    if len(parts) == len(names):
        return parts
    raise ValueError(_misfit(label, names, f"{len(parts)}" if isinstance(given, list | tuple) else "1"))


def _by_name(label: str, names: Sequence[str], form: Any, given: Mapping[Any, Any]) -> list[Any]:
    keys = structures.ordered_keys(form) if isinstance(form, Mapping) else names
    missing = [key for key in keys if key not in given]
    if not missing:
        return [leaf for key in keys for leaf in _leaves_of(form, key, given)]
    raise ValueError(_misfit(label, keys, "the keys " + ", ".join(map(repr, given)) or "an empty dictionary"))


def _leaves_of(form: Any, key: Any, given: Mapping[Any, Any]) -> list[Any]:
    if isinstance(form, Mapping) and structures.is_structure(form[key]):
        return structures.leaves(given[key])
    return [given[key]]


def _misfit(label: str, names: Sequence[str], received: str) -> str:
    return explain(
        layer=label,
        what="the inputs do not match those of the model",
        expected=f"{len(names)}, in this order or by these names: " + ", ".join(map(repr, names)),
        received=received,
        remedy="{" + ", ".join(f"{name!r}: ..." for name in names) + "}",
    )
