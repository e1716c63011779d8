"""Objects made from their configurations: what `get_config` gives is what `__init__` is called with."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from planish.errors import explain, kind_with_article

_Class = TypeVar("_Class")


def made(class_: type[_Class], config: Mapping[str, Any]) -> _Class:
    """`class_(**config)`. TypeError, telling what to write, if the constructor does not take these arguments."""
    require(class_.__name__, config)
    constructor: Any = class_.__init__
    signature = inspect.signature(constructor)
    try:
        signature.bind(None, **config)
    except TypeError:
        raise TypeError(_other_arguments(class_.__name__, signature, config)) from None
    return class_(**config)


def require(name: str, config: Any, *keys: str) -> None:
    """TypeError if a configuration is not a dictionary, ValueError if it lacks one of the keys."""
    if not isinstance(config, Mapping):
        raise TypeError(_other_config(name, kind_with_article(config), keys))
    missing = [key for key in keys if key not in config]
    if missing:
        raise ValueError(_other_config(name, f"no {', '.join(map(repr, missing))}", keys))


def _other_config(name: str, received: str, keys: Sequence[str]) -> str:
    return explain(
        what=f"{name} cannot be made from its configuration",
        expected=" with ".join(["a dictionary", *([", ".join(map(repr, keys))] if keys else [])]),
        received=received,
        remedy=f"{name}.from_config(other.get_config())",
    )


def _other_arguments(name: str, signature: inspect.Signature, config: Mapping[str, Any]) -> str:
    _, *parameters = signature.parameters.values()
    named = [each for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters)
    unknown = [] if takes_any else [each for each in config if each not in {own.name for own in named}]
    missing = [each.name for each in named if each.default is each.empty and each.name not in config]
    received = [f"{', '.join(unknown)}, which it does not take"] if unknown else []
    needed = [f"{', '.join(missing)}, which it needs"] if missing else []
    items = ", ".join(f"{each!r}: self.{each}" for each in missing)
    arguments = ", ".join(["self", *(each.name for each in named), "**options"])
    remedies = [f"def __init__({arguments}): super().__init__(**options)"] if unknown else []
    remedies += [f"def get_config(self): return {{**super().get_config(), {items}}}"] if missing else []
    return explain(
        what=f"{name} cannot be made from its configuration",
        rule="`__init__` takes what `get_config` gives",
        expected=f"__init__{signature}",
        received="\n".join([*received, *(f"no {each}" for each in needed)]),
        remedy="\n".join(remedies) or None,
    )
