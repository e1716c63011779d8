"""Updates of metrics inside of a trace: noted, and done after each step with what the step has computed.

In a model's own `compute_loss`, `self.tracker.update_state(loss)` gets values that are not known yet.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

from planish.errors import explain

if TYPE_CHECKING:
    from planish.metrics.metric import Metric


class Noted(NamedTuple):
    """A call of `metric.update_state`, with nodes among its arguments."""

    metric: Metric
    arguments: tuple[Any, ...]
    named: dict[str, Any]


_noted: ContextVar[list[Noted] | None] = ContextVar("noted", default=None)


@contextmanager
def updates_noted() -> Iterator[list[Noted]]:
    """In this context, updates are noted in the list, and nothing is counted."""
    found: list[Noted] = []
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


def prepare(class_: type) -> None:
    """Makes the methods that a class of metrics has written itself heed the context."""
    for name, around in (("update_state", _noting), ("result", _refusing), ("reset_state", _refusing)):
        if name in vars(class_):
            setattr(class_, name, around(vars(class_)[name]))


def _noting(update: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(update)
    def update_state(self: Metric, *arguments: Any, **named: Any) -> None:
        found = _noted.get()
        if found is None:
            update(self, *arguments, **named)
        else:
            found.append(Noted(self, arguments, named))

    return update_state


def _refusing(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def refused(self: Metric, *arguments: Any, **named: Any) -> Any:
        if _noted.get() is None:
            return method(self, *arguments, **named)
        raise TypeError(
            explain(
                what=f"metric '{self.name}': {method.__name__}() was called in compute_loss",
                rule="compute_loss is compiled: metrics are updated after each step, with what it has computed",
                expected="update_state(...) only",
                remedy="leave it out: fit and evaluate reset metrics and report their results",
            )
        )

    return refused
