"""Where in a model a layer is being connected: the shapes that lead to it, and the models around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import overload

BatchShape = tuple[int | None, ...]

_KEEP_THE_SHAPE = frozenset(
    {"Activation", "BatchNormalization", "Dropout", "ELU", "LeakyReLU", "ReLU", "Rescaling", "Softmax"}
)


@dataclass(frozen=True, slots=True)
class Step:
    """A shape in the chain (batch axis first), with class and label of the layer that gives it (none at the start)."""

    shape: BatchShape
    kind: str = ""
    label: str = ""

    def __str__(self) -> str:
        return f"{self.label} {self.shape}" if self.label else str(self.shape)


class Steps(Sequence[Step]):
    """The first steps of a chain that may grow. Nothing is copied, so every layer can keep the steps before it."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps = steps
        self._count = len(steps)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Step: ...

    @overload
    def __getitem__(self, place: slice) -> list[Step]: ...

    def __getitem__(self, place: int | slice) -> Step | list[Step]:
        if isinstance(place, slice):
            return [self._steps[at] for at in range(*place.indices(self._count))]
        return self._steps[range(self._count)[place]]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and [*self] == [*other]


NO_STEPS = Steps([])


@dataclass(frozen=True, slots=True)
class _Place:
    owner: object
    names: tuple[str, ...]
    steps: list[Step]
    in_layer: bool
    """Whether the current connection is inside a layer that is not a model."""


_place: ContextVar[_Place | None] = ContextVar("place", default=None)


@contextmanager
def inside(owner: object, name: str, start: BatchShape, *, model: bool) -> Iterator[None]:
    """While this is open, the parts of `owner`, a layer or a model, are being built or connected.

    `start` is its input's shape. An inner model continues the outer chain. The outermost model's name is not part of
    its weights' paths.
    """
    outer = _place.get()
    if outer is not None and outer.owner is owner:
        yield
        return
    if outer is None:
        place = _Place(owner, () if model else (name,), [Step(start)] if model else [], not model)
    else:
        place = _Place(owner, (*outer.names, name), outer.steps, outer.in_layer or not model)
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)


@contextmanager
def apart() -> Iterator[list[Step]]:
    """Forgets afterwards what is recorded inside, since layers are only being built. Gives the list of the steps."""
    place = _place.get()
    steps = [] if place is None else [*place.steps]
    token = _place.set(place if place is None else replace(place, steps=steps))
    try:
        yield steps
    finally:
        _place.reset(token)


def record(*steps: Step) -> None:
    """Adds steps to the chain."""
    place = _place.get()
    if place is not None and not place.in_layer:
        place.steps.extend(steps)


def recorded() -> Steps:
    """The steps so far, the model's input first; empty outside a model."""
    place = _place.get()
    return NO_STEPS if place is None else Steps(place.steps)


def weight_path(owner: object, name: str, weight: str) -> str:
    """The name of a weight of the layer in graphs: the names of all that is around it except the outermost model."""
    place = _place.get()
    around = () if place is None else place.names
    return "/".join((*around, weight) if place is not None and place.owner is owner else (*around, name, weight))


def in_layer() -> bool:
    """Whether something inside a layer that is not a model is being connected."""
    place = _place.get()
    return place is not None and place.in_layer


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
    """The index of the step that gave the last shape: layers after it, such as Dropout, kept the shape."""
    place = len(steps) - 1
    while place and steps[place].kind in _KEEP_THE_SHAPE:
        place -= 1
    return place


def times(shape: Sequence[int | None]) -> str:
    """A shape without its batch axis, as "28x28x1"."""
    return "x".join("?" if extent is None else str(extent) for extent in shape[1:])
