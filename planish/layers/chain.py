"""Where in a model a layer is being connected: the shapes on the way to it, and the models around it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class _Place:
    models: tuple[str, ...] = ()
    steps: list[str] = field(default_factory=list)


_place: ContextVar[_Place | None] = ContextVar("place", default=None)


@contextmanager
def model_scope(name: str, start: str) -> Iterator[None]:
    """A model's layers are connected inside. `start` is its input's shape; an inner model continues the outer chain."""
    outer = _place.get()
    token = _place.set(_Place((), [start]) if outer is None else _Place((*outer.models, name), outer.steps))
    try:
        yield
    finally:
        _place.reset(token)


def record(step: str) -> None:
    """Adds a step to the chain, such as "Flatten 'flatten' (None, 1600)"."""
    place = _place.get()
    if place is not None:
        place.steps.append(step)


def recorded() -> list[str]:
    """The steps so far; empty outside a model."""
    place = _place.get()
    return [] if place is None else list(place.steps)


def enclosing_models() -> tuple[str, ...]:
    """Names of the models around the layer, but for the outermost one."""
    place = _place.get()
    return () if place is None else place.models
