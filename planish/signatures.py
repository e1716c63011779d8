"""Whether a user's function can be called as it will be: looked up, since an error inside it is its own."""

from __future__ import annotations

import inspect
from typing import Any

from planish.errors import explain


def takes(function: Any, *arguments: Any, **named: Any) -> bool:
    """Whether `function` can be called with such arguments; True if that cannot be known."""
    if not callable(function):
        return False
    try:
        inspect.signature(function).bind(*arguments, **named)
    except TypeError:
        return False
    except ValueError:  # some built-in functions have no signature
        return True
    return True


def require(function: Any, what: str, *names: str, **named: Any) -> None:
    """TypeError, at once, for a function that will be called with `names`, and with the keywords of `named`."""
    if not takes(function, *names, **named):
        raise TypeError(
            explain(
                what=f"{what} takes other arguments than it will be given",
                expected=f"a function of ({', '.join([*names, *named])})",
                received=shown(function, getattr(function, "__name__", type(function).__name__)),
                remedy=_declared(function, [*names, *named]),
            )
        )


def _declared(function: Any, names: list[str]) -> str:
    """How it would be written: "def distance(y_true, y_pred):"."""
    name = getattr(function, "__name__", "__call__")
    if name == "<lambda>" and not inspect.ismethod(function):
        return f"lambda {', '.join(names)}: ..."
    own = ["self"] if inspect.ismethod(function) or name == "__call__" else []
    return f"def {name}({', '.join([*own, *names])}):"


def shown(function: Any, name: str) -> str:
    """The function as it was written: "distance(y_true)"."""
    try:
        return f"{name}{inspect.signature(function)}"
    except (TypeError, ValueError):
        return repr(function)
