"""Constructors that are called with other arguments than they take: what they take is told."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from planish.errors import explain, nearest_names


class Constructed:
    """A class whose constructor, and those of its subclasses in planish, say what they take."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        own = vars(cls).get("__init__")
        if own is not None and cls.__module__.partition(".")[0] == "planish":
            type.__setattr__(cls, "__init__", telling(own))


def telling(init: Callable[..., None]) -> Callable[..., None]:
    """`__init__`, whose TypeError says what the class takes, if it does not take what it was given."""

    @functools.wraps(init)
    def constructed(self: Any, *given: Any, **named: Any) -> None:
        try:
            init(self, *given, **named)
        except TypeError as error:
            here = error.__traceback__
            if here is not None and here.tb_next is not None:
                raise  # it was raised inside
            raise TypeError(_text(type(self), init, given, named)) from None

    return constructed


def _text(class_: type, init: Callable[..., None], given: tuple[Any, ...], named: Mapping[str, Any]) -> str:
    what = "other arguments than it takes"
    try:
        inspect.signature(init).bind(None, *given, **named)
    except TypeError as error:
        what = str(error)
    own = inspect.signature(class_)
    shown = [each.replace(annotation=inspect.Parameter.empty) for each in own.parameters.values()]
    other = next((name for name in named if name not in inspect.signature(init).parameters), None)
    nearest = nearest_names(other, own.parameters) if other is not None else []
    listed = [*(f"{each!r:.40}" for each in given), *(f"{name}=..." for name in named)]
    spelled = "did you mean " + " or ".join(map(repr, nearest)) + "?" if nearest else None
    return explain(
        what=f"{class_.__name__}: {what}",
        expected=f"{class_.__name__}{inspect.Signature(shown)}",
        received=f"{class_.__name__}({', '.join(listed)})",
        remedy=spelled or _completed(class_, listed, named),
    )


def _completed(class_: type, listed: list[str], named: Mapping[str, Any]) -> str | None:
    """The call with the arguments that are missing in it."""
    needed = [
        each.name
        for each in inspect.signature(class_).parameters.values()
        if each.default is each.empty and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    ]
    missing = [name for name in needed[len(listed) - len(named) :] if name not in named]
    if not missing:
        return None
    call = ", ".join([*listed, *(f"{name}=..." for name in missing)])
    return f"give it {' and '.join(map(repr, missing))}: {class_.__name__}({call})"
