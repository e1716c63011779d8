"""Tracebacks of users' mistakes in notebooks: the user's own line, and what is wrong with it.

In a script every frame is shown, as Python does. In a notebook each takes ten lines of a page, and what they say about
a mistake stands in its message. Errors without such a message are planish's own faults, and keep their frames.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from planish.errors import is_explained

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def short_in_notebooks(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """The function as users call it: mistakes that are found inside it are shown at the user's own line."""

    @functools.wraps(function)
    def entrance(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Result:
        __tracebackhide__ = True  # read by IPython and by pytest
        try:
            return function(*arguments, **named)
        except Exception as error:
            if is_explained(error) and _in_a_notebook():
                raise error.with_traceback(None) from None
            raise

    return entrance


def _in_a_notebook() -> bool:
    """Whether IPython shows what is raised, in a notebook or in a terminal."""
    shell = sys.modules.get("IPython.core.getipython") or sys.modules.get("IPython")
    found = getattr(shell, "get_ipython", None)
    return found is not None and found() is not None
