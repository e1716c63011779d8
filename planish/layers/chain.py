"""Where in a model a layer is being connected: the shapes on the way to it, and the models around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

BatchShape = tuple[int | None, ...]

_KEEP_THE_SHAPE = frozenset(
    {"Activation", "BatchNormalization", "Dropout", "ELU", "LeakyReLU", "ReLU", "Rescaling", "Softmax"}
)


@dataclass(frozen=True, slots=True)
class Step:
    """A shape on the way (batch axis first), and class and label of the layer that gives it (none at the start)."""

    shape: BatchShape
    kind: str = ""
    label: str = ""

    def __str__(self) -> str:
        return f"{self.label} {self.shape}" if self.label else str(self.shape)


@dataclass(frozen=True, slots=True)
class _Place:
    models: tuple[str, ...] = ()
    steps: list[Step] = field(default_factory=list)


_place: ContextVar[_Place | None] = ContextVar("place", default=None)


@contextmanager
def model_scope(name: str, start: BatchShape) -> Iterator[None]:
    """A model's layers are connected inside. `start` is its input's shape; an inner model continues the outer chain."""
    outer = _place.get()
    token = _place.set(_Place((), [Step(start)]) if outer is None else _Place((*outer.models, name), outer.steps))
    try:
        yield
    finally:
        _place.reset(token)


def record(step: Step) -> None:
    """Adds a step to the chain."""
    place = _place.get()
    if place is not None:
        place.steps.append(step)


def recorded() -> list[Step]:
    """The steps so far, the model's input first; empty outside a model."""
    place = _place.get()
    return [] if place is None else list(place.steps)


def enclosing_models() -> tuple[str, ...]:
    """Names of the models around the layer, but for the outermost one."""
    place = _place.get()
    return () if place is None else place.models


def origin(steps: Sequence[Step]) -> str:
    """Where the numbers at the end of the chain come from: "Flatten of 13x13x32, from 28x28x1 images".

    "" if there is no chain, or only an input of flat vectors.
    """
    if not steps:
        return ""
    start, images = steps[0], f"{times(steps[0].shape)} images"
    maker = _maker(steps)
    if maker == 0:
        return images if len(start.shape) == 4 else ""
    step, before = steps[maker], steps[maker - 1]
    if step.kind not in ("Flatten", "Reshape"):
        return step.label if len(start.shape) != 4 else f"{step.label}, from {images}"
    made = f"{step.kind} of {times(before.shape)}"
    return made if before.shape == start.shape else f"{made}, from {images}"


def _maker(steps: Sequence[Step]) -> int:
    """The place of the step that gave the last shape: layers after it, such as Dropout, have kept the shape."""
    place = len(steps) - 1
    while place and steps[place].kind in _KEEP_THE_SHAPE:
        place -= 1
    return place


def times(shape: Sequence[int | None]) -> str:
    """A shape without its batch axis, as "28x28x1"."""
    return "x".join("?" if extent is None else str(extent) for extent in shape[1:])
