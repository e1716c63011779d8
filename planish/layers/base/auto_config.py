"""Configurations of layers whose authors write no `get_config`: what their constructors were called with, as in Keras.

Only plain values are recorded: strings, numbers, truth values and None, and lists, tuples and dictionaries of them.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from planish import structures
from planish.errors import explain

_PLAIN = (str, int, float, bool, type(None))
_ANY_KEYWORD, _SEVERAL = inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL

Given = dict[str, Any] | str
"""A constructor's arguments by name, or why they cannot be written down."""


def is_ours(class_: type) -> bool:
    return class_.__module__.partition(".")[0] == "planish"


def recorded(init: Callable[..., None]) -> Callable[..., None]:
    """A class's `__init__`, which notes what it was called with."""
    signature = inspect.signature(init)

    @functools.wraps(init)
    def init_and_record(layer: Any, *arguments: Any, **keywords: Any) -> None:
        vars(layer).setdefault("_given", _given_to(signature, arguments, keywords))  # the outermost class's counts
        init(layer, *arguments, **keywords)

    return init_and_record


def _given_to(signature: inspect.Signature, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> Given:
    """What a constructor is called with, defaults included, `name` excluded."""
    try:
        bound = signature.bind(None, *arguments, **keywords)
    except TypeError:
        return "arguments that it does not take"
    bound.apply_defaults()
    _, *own = signature.parameters.values()
    given: dict[str, Any] = {}
    for parameter in own:
        value = bound.arguments[parameter.name]
        if parameter.kind is _ANY_KEYWORD:
            given |= value
        elif parameter.kind is inspect.Parameter.POSITIONAL_ONLY or (parameter.kind is _SEVERAL and value):
            return f"arguments without names: `{parameter}`"
        elif parameter.kind is not _SEVERAL:
            given[parameter.name] = value
    given.pop("name", None)
    objects = [name for name, value in given.items() if not _is_plain(value)]
    return f"objects: {', '.join(objects)}" if objects else given


def _is_plain(value: Any) -> bool:
    return all(isinstance(leaf, _PLAIN) for leaf in structures.leaves(value))


def config_of(layer: Any, base: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a layer whose class writes none. `base` is what every layer has: as much of it as the
    constructor takes. NotImplementedError, as in Keras, if the arguments cannot be written down.
    """
    given: Given = vars(layer).get("_given", {})
    if isinstance(given, str):
        raise NotImplementedError(_not_written(layer, given))
    parameters = inspect.signature(type(layer).__init__).parameters
    takes_any = any(parameter.kind is _ANY_KEYWORD for parameter in parameters.values())
    kept = {name: value for name, value in base.items() if takes_any or name in parameters}
    return {**{name: kept[name] for name in ("name",) if name in kept}, **given, **kept}


def _not_written(layer: Any, given: str) -> str:
    return explain(
        layer=layer.label,
        what=f"{type(layer).__name__} has to write get_config itself",
        rule="without it, planish writes down what the constructor was called with, if these are plain values with "
        "names",
        received=given,
        remedy="def get_config(self): return {**super().get_config(), 'units': self.units}",
    )
