"""Where in a model a layer is being connected: the shapes that lead to it, and the models around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import overload

from planish.graph.ambient import Ambient
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
        "RandomElasticTransform",
        "RandomErasing",
        "RandomFlip",
        "RandomGrayscale",
        "RandomPerspective",
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
class Link:
    """A shape in the chain (batch axis first), with class and label of the layer that gives it (none at the start)."""

    shape: BatchShape
    kind: str = ""
    label: str = ""

    def __str__(self) -> str:
        return f"{self.label} {self.shape}" if self.label else str(self.shape)


class Lineage(Sequence[Link]):
    """The links from a model's input to a symbolic tensor, found when somebody asks for them.

    `before` are those up to the model's input, where the model is inside another one.
    """

    def __init__(self, tensor: SymbolicTensor, before: Sequence[Link]) -> None:
        self._tensor = tensor
        self._before = before
        self._links: list[Link] | None = None

    def _found(self) -> list[Link]:
        if self._links is None:
            links = links_to(self._tensor)
            self._links = [*self._before, *links[1:]] if self._before else links
        return self._links

    def __len__(self) -> int:
        return len(self._found())

    @overload
    def __getitem__(self, place: int) -> Link: ...

    @overload
    def __getitem__(self, place: slice) -> list[Link]: ...

    def __getitem__(self, place: int | slice) -> Link | list[Link]:
        return self._found()[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and [*self] == [*other]


def links_to(tensor: SymbolicTensor) -> list[Link]:
    """The links that lead to a tensor, by way of the first input of each layer."""
    parts: list[Sequence[Link]] = []
    while tensor.record.inputs:
        parts.append(tensor.layer.links_through(tensor))
        tensor = tensor.record.inputs[0]
    return [Link(tensor.shape), *(link for part in reversed(parts) for link in part)]


NO_LINKS: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    owner: object
    names: tuple[str, ...]
    links: Sequence[Link]
    in_layer: bool
    """Whether the current connection is inside a layer that is not a model."""


_place: ContextVar[_Place | None] = ContextVar("place", default=None)


def inside(owner: object, name: str, start: Callable[[], BatchShape], *, model: bool) -> AbstractContextManager[None]:
    """While this is open, the parts of `owner`, a layer or a model, are being built or connected.

    `start` gives its input's shape. An inner model continues the outer chain. The outermost model's name is not part of
    its weights' paths.
    """
    outer = _place.get()
    if outer is None:
        place = _Place(owner, () if model else (name,), (Link(start()),) if model else (), not model)
    elif outer.owner is owner:
        place = outer
    else:
        place = _Place(owner, (*outer.names, name), outer.links, outer.in_layer or not model)
    return Ambient(_place, place)


def leading_to(tensor: SymbolicTensor) -> AbstractContextManager[None]:
    """While this is open, a layer is being called on the tensor: the links up to it are those that lead to it."""
    outer = _place.get()
    before = outer.links if outer is not None else ()
    names, in_layer = (outer.names, outer.in_layer) if outer is not None else ((), False)
    return Ambient(_place, _Place(None, names, Lineage(tensor, before), in_layer))


def recorded() -> Sequence[Link]:
    """The links so far, the model's input first; empty outside a model, and inside a layer that is not a model."""
    place = _place.get()
    return NO_LINKS if place is None else place.links


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


def origin(links: Sequence[Link]) -> str:
    """Where the numbers at the end of the chain come from: "Flatten of 13x13x32, from 28x28x1 images".

    "" if there is no chain, or only an input of flat vectors.
    """
    if not links:
        return ""
    start, images = links[0], f"{times(links[0].shape)} images"
    maker = _maker(links)
    if maker == 0:
        return images if len(start.shape) == 4 else ""
    link, before = links[maker], links[maker - 1]
    if link.kind not in ("Flatten", "Reshape"):
        return link.label if len(start.shape) != 4 else f"{link.label}, from {images}"
    made = f"{link.kind} of {times(before.shape)}"
    return made if before.shape == start.shape else f"{made}, from {images}"


def _maker(links: Sequence[Link]) -> int:
    """The index of the link that gave the last shape: layers after it, such as Dropout, kept the shape."""
    place = len(links) - 1
    while place and links[place].kind in _KEEP_THE_SHAPE:
        place -= 1
    return place


def times(shape: Sequence[int | None]) -> str:
    """A shape without its batch axis, as "28x28x1"."""
    return "x".join("?" if extent is None else str(extent) for extent in shape[1:])
