"""The calls that a module's `forward` may make, by the names that PyTorch gives them: one table.

A handler takes a Writer and then what PyTorch's function takes, in the same order and under the same names, and gives
the value, or the values, of the call.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from planish.convert.torch_reading.writing import REMEDY, Writer, written
from planish.errors import explain

Handler = Callable[..., Any]
_Handler = TypeVar("_Handler", bound=Handler)
Many = Any
"""A number, or a sequence with one for each axis."""

HANDLERS: dict[str, Handler] = {}


def function(*names: str) -> Callable[[_Handler], _Handler]:
    """Enters a handler under all names of a function, of the methods and operators that do the same."""

    def enter(handler: _Handler) -> _Handler:
        for name in names:
            assert name not in HANDLERS, name
            HANDLERS[name] = handler
        return handler

    return enter


def handled(writer: Writer, name: str, arguments: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """What the handler of the function makes of the arguments. ValueError if planish does not know the call."""
    handler = HANDLERS.get(name)
    if handler is None:
        raise _unknown_call(writer, name, arguments, options)
    try:
        bound = inspect.signature(handler).bind(writer, *arguments, **options)
    except TypeError as error:
        raise _unknown_call(writer, name, arguments, options) from error
    return handler(*bound.args, **bound.kwargs)


def _unknown_call(writer: Writer, name: str, arguments: Sequence[Any], options: Mapping[str, Any]) -> ValueError:
    parts = ["x", *map(written, arguments[1:]), *(f"{key}={written(value)}" for key, value in options.items())]
    return ValueError(
        explain(
            what=f"the call {writer.name!r} in the module's forward is not known",
            received=f"{name}({', '.join(parts)}){writer.place}",
            remedy=REMEDY,
        )
    )


def repeated(value: Many, count: int) -> tuple[int, ...]:
    """One number for each axis."""
    if isinstance(value, (tuple, list)):
        return tuple(value) if len(value) == count else tuple(value) * count
    return (value,) * count
