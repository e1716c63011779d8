"""Classes and functions of the user's own, found by name when a configuration is read.

They are given for one call (`custom_objects={...}`), for a block (`custom_object_scope`), or once and for all
(`register_keras_serializable`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from types import MappingProxyType
from typing import Any, TypeVar

from planish.errors import explain

_Registered = TypeVar("_Registered")

_registered: dict[str, Any] = {}
_names: dict[Any, str] = {}
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_in_scope: ContextVar[Mapping[str, Any]] = ContextVar("custom_objects", default=_NOTHING)


class CustomObjectScope:
    """In its block, configurations may name these objects. Blocks within blocks know those of both.

    `custom_objects`: classes and functions, by name.

    >>> def doubled(x):
    ...     return 2.0 * x
    >>> with keras.saving.custom_object_scope({"doubled": doubled}):
    ...     layer = keras.layers.Dense(10, activation="doubled")
    """

    def __init__(self, custom_objects: Mapping[str, Any] | None) -> None:
        self.custom_objects = dict(custom_objects or {})
        self._tokens: list[Token[Mapping[str, Any]]] = []

    def __enter__(self) -> CustomObjectScope:
        self._tokens.append(_in_scope.set({**_in_scope.get(), **self.custom_objects}))
        return self

    def __exit__(self, *error: object) -> None:
        _in_scope.reset(self._tokens.pop())


custom_object_scope = CustomObjectScope


def get_custom_objects() -> dict[str, Any]:
    """The dictionary of what was registered, which may be changed: `get_custom_objects()["Mine"] = Mine`.

    >>> isinstance(keras.saving.get_custom_objects(), dict)
    True
    """
    return _registered


def register_keras_serializable(
    package: str = "Custom", name: str | None = None
) -> Callable[[_Registered], _Registered]:
    """A decorator: files may name the class or function, as "package>name", and need no `custom_objects`.

    `name` is its own name if it is not given. ValueError for a class without `get_config`.

    >>> @keras.saving.register_keras_serializable("mine")
    ... def doubled(x):
    ...     return 2.0 * x
    >>> keras.saving.get_registered_name(doubled)
    'mine>doubled'
    """
    if not isinstance(package, str):
        raise TypeError(
            explain(
                what="register_keras_serializable was used without parentheses",
                expected="the name of a package, or nothing in the parentheses",
                received=repr(package),
                remedy='@register_keras_serializable(package="mine")',
            )
        )

    def register(item: _Registered) -> _Registered:
        if inspect.isclass(item) and not hasattr(item, "get_config"):
            raise ValueError(
                explain(
                    what=f"the class {item.__name__} cannot be registered: it has no get_config",
                    rule="what is saved of an object are the constructor's arguments, which get_config() returns",
                    remedy="def get_config(self): return {...}",
                )
            )
        full = f"{package}>{name or getattr(item, '__name__', type(item).__name__)}"
        _registered[full] = item
        _names[item] = full
        return item

    return register


def get_registered_name(obj: Any) -> str:
    """The name under which a class or function was registered, "package>name", or else its own.

    `obj`: the class or function.

    >>> keras.saving.get_registered_name(keras.layers.Dense)
    'Dense'
    """
    return _names.get(obj) or str(obj.__name__)


def get_registered_object(
    name: str, custom_objects: Mapping[str, Any] | None = None, module_objects: Mapping[str, Any] | None = None
) -> Any:
    """The object of that name; None if there is none.

    It is looked up in the block's objects, among what was registered, in `custom_objects` and in `module_objects`.

    >>> keras.saving.get_registered_object("Mine", {"Mine": dict})
    <class 'dict'>
    """
    for known in (_in_scope.get(), _registered, custom_objects or {}, module_objects or {}):
        if name in known:
            return known[name]
    return None


def named(config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The user's object that a serialized form means, by its registered or its own name; None if it means another."""
    own = config.get("config") if config.get("class_name") == "function" else config.get("class_name")
    known = [name for name in (config.get("registered_name"), own) if isinstance(name, str)]
    for name in (*known, *(name.rpartition(">")[2] for name in known)):
        if (found := get_registered_object(name, custom_objects)) is not None:
            return found
    return None
