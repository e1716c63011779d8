"""Where in a model a layer is being connected: the shapes that lead to it, and the models around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import overload

from planish.symbolic import BatchShape, SymbolicTensor

_KEEP_THE_SHAPE = frozenset(
    {
        "Activation",
        "ActivityRegularization",
        "AlphaDropout",
        "BatchNormalization",
        "Dropout",
        "ELU",
        "GaussianDropout",
        "GaussianNoise",
        "GroupNormalization",
        "Identity",
        "LayerNormalization",
        "LeakyReLU",
        "Normalization",
        "PReLU",
        "RMSNormalization",
        "RandomBrightness",
        "RandomContrast",
        "RandomErasing",
        "RandomFlip",
        "RandomGrayscale",
        "RandomRotation",
        "RandomShear",
        "RandomTranslation",
        "RandomZoom",
        "ReLU",
        "Rescaling",
        "Softmax",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "UnitNormalization",
    }
)


@dataclass(frozen=True, slots=True)
class Step:
    """A shape in the chain (batch axis first), with class and label of the layer that gives it (none at the start)."""

    shape: BatchShape
    kind: str = ""
    label: str = ""

    def __str__(self) -> str:
        return f"{self.label} {self.shape}" if self.label else str(self.shape)


class Lineage(Sequence[Step]):
    """The steps from a model's input to a symbolic tensor, found when somebody asks for them.

    `before` are those up to the model's input, where the model is inside another one.
    """

    def __init__(self, tensor: SymbolicTensor, before: Sequence[Step]) -> None:
        self._tensor = tensor
        self._before = before
        self._steps: list[Step] | None = None

    def _found(self) -> list[Step]:
        if self._steps is None:
            steps = steps_to(self._tensor)
            self._steps = [*self._before, *steps[1:]] if self._before else steps
        return self._steps

    def __len__(self) -> int:
        return len(self._found())

    @overload
    def __getitem__(self, place: int) -> Step: ...

    @overload
    def __getitem__(self, place: slice) -> list[Step]: ...

    def __getitem__(self, place: int | slice) -> Step | list[Step]:
        return self._found()[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and [*self] == [*other]


def steps_to(tensor: SymbolicTensor) -> list[Step]:
    """The steps that lead to a tensor, by way of the first input of each layer."""
    parts: list[Sequence[Step]] = []
    while tensor.record.inputs:
        parts.append(tensor.layer.steps_through(tensor))
        tensor = tensor.record.inputs[0]
    return [Step(tensor.shape), *(step for part in reversed(parts) for step in part)]


NO_STEPS: Sequence[Step] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    owner: object
    names: tuple[str, ...]
    steps: Sequence[Step]
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
        place = _Place(owner, () if model else (name,), (Step(start),) if model else (), not model)
    else:
        place = _Place(owner, (*outer.names, name), outer.steps, outer.in_layer or not model)
    token = _place.set(place)
    try:
        yield
    finally:
        _place.reset(token)


@contextmanager
def leading_to(tensor: SymbolicTensor) -> Iterator[None]:
    """While this is open, a layer is being called on the tensor: the steps up to it are those that lead to it."""
    outer = _place.get()
    before = outer.steps if outer is not None else ()
    names, in_layer = (outer.names, outer.in_layer) if outer is not None else ((), False)
    token = _place.set(_Place(None, names, Lineage(tensor, before), in_layer))
    try:
        yield
    finally:
        _place.reset(token)


def recorded() -> Sequence[Step]:
    """The steps so far, the model's input first; empty outside a model, and inside a layer that is not a model."""
    place = _place.get()
    return NO_STEPS if place is None else place.steps


def weight_path(owner: object, name: str, weight: str) -> str:
    """The name of a weight of the layer in graphs: the names of all that is around it except the outermost model."""
    place = _place.get()
    around = () if place is None else place.names
    return "/".join((*around, weight) if place is not None and place.owner is owner else (*around, name, weight))


def owner() -> object:
    """The layer or model that is being built or connected; None outside, and on the way of symbolic tensors."""
    place = _place.get()
    return None if place is None else place.owner


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
