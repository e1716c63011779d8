"""Tracebacks of users' mistakes in notebooks: the user's own line, and what is wrong with it.

In a script every frame is shown, as Python does. In a notebook each takes ten lines of a page, and what they say about
a mistake stands in its message. Errors without such a message are planish's own faults, and keep their frames. Keras's
`keras.config.disable_traceback_filtering` shows every frame in notebooks, too.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from planish.errors import is_explained

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")
_filtering = True


def short_in_notebooks(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """The function as users call it: mistakes that are found inside it are shown at the user's own line."""

    @functools.wraps(function)
    def entrance(*arguments: _Arguments.args, **named: _Arguments.kwargs) -> _Result:
        __tracebackhide__ = True  # read by IPython and by pytest
        try:
            return function(*arguments, **named)
        except Exception as error:
            if _filtering and is_explained(error) and _in_a_notebook():
                raise error.with_traceback(None) from None
            raise

    return entrance


def enable_traceback_filtering() -> None:
    """Shows a mistake in a notebook at the user's own line: how it is from the start.

    >>> keras.config.enable_traceback_filtering()
    """
    global _filtering
    _filtering = True


def disable_traceback_filtering() -> None:
    """Shows every frame of a mistake in a notebook from now on, as scripts always do.

    >>> keras.config.disable_traceback_filtering()
    >>> keras.config.is_traceback_filtering_enabled()
    False
    >>> keras.config.enable_traceback_filtering()
    """
    global _filtering
    _filtering = False


def is_traceback_filtering_enabled() -> bool:
    """Whether a mistake in a notebook is shown at the user's own line.

    >>> keras.config.is_traceback_filtering_enabled()
    True
    """
    return _filtering


def _in_a_notebook() -> bool:
    """Whether IPython shows what is raised, in a notebook or in a terminal."""
    shell = sys.modules.get("IPython.core.getipython") or sys.modules.get("IPython")
    found = getattr(shell, "get_ipython", None)
    return found is not None and found() is not None
