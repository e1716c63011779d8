"""The environment variables that a running program reads; those of planish are in `planish/settings.py`.

A variable is read when it is needed, never at import. Set to nothing, it counts as unset. Values that make no sense are
refused with the name of the variable.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, NamedTuple

from planish_runtime.errors import explain

MAX_THREADS = 1024
MOST_SPIN_MICROSECONDS = 1_000_000


class Setting(NamedTuple):
    """One environment variable: `parse(name, text)` gives its value, `default` is what it is when unset."""

    name: str
    meaning: str
    values: str
    default: Any
    default_text: str
    parse: Callable[[str, str], Any]


def present(setting: Setting) -> Any:
    """The present value of a variable. ValueError if it is set to something that makes no sense."""
    text = os.environ.get(setting.name, "").strip()
    return setting.parse(setting.name, text) if text else setting.default


def tell(name: str, value: str) -> None:
    """Tells another library so, whatever it has been told."""
    os.environ[name] = value


def _parse_threads(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_THREADS:
        expected = f"a whole number from 1 to {MAX_THREADS}"
        raise ValueError(explain(what=f"{name} is a number of threads", expected=expected, received=repr(text)))
    return int(text)


def _parse_microseconds(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > MOST_SPIN_MICROSECONDS:
        expected = f"a whole number from 0 to {MOST_SPIN_MICROSECONDS}"
        raise ValueError(explain(what=f"{name} is a time in microseconds", expected=expected, received=repr(text)))
    return int(text)


NUM_THREADS = Setting(
    "PLANISH_NUM_THREADS",
    "How many threads train and predict. `planish.set_num_threads` takes precedence. Results do not depend on it.",
    f"a whole number from 1 to {MAX_THREADS}",
    None,
    "the CPUs that this process may use (its affinity and its container's quota)",
    _parse_threads,
)

SPIN = Setting(
    "PLANISH_SPIN",
    "How long a thread that has helped with a prediction looks for more work before it sleeps, in microseconds."
    " While it looks, it takes a processor; when it sleeps, the next prediction of a few images has less help.",
    f"a whole number from 0 to {MOST_SPIN_MICROSECONDS}",
    200,
    "`200`",
    _parse_microseconds,
)
