"""The shapes of images on their way through a built model, as far as they get."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planish import structures
from planish.layers.base import inference
from planish.layers.base.chain import Link
from planish.layers.base.layer import Layer
from planish.symbolic import LayerCall, Record, Spec, SymbolicTensor

if TYPE_CHECKING:
    from planish.models.model import Model
    from planish.models.networks.network import Network

Images = Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Walk:
    """`links` from the images on, by way of the first input of each layer; the layer that did not take them, and its
    error, if there is one."""

    links: list[Link]
    stopped_at: Layer | None = None
    reason: str = ""

    @property
    def chain(self) -> list[object]:
        """For messages: the shapes up to the layer that failed."""
        return [*self.links, *([] if self.stopped_at is None else [self.stopped_at.label])]


def walk(model: Model, images: Images, *, input: int = 0, output: int = 0) -> Walk:
    """Where images of a shape get (batch axis left out) on their way to an output, given as an input of the model.

    Other inputs have the shapes that the model expects. Layers of models inside the model are links like any other;
    what a subclass does in its `call` is one link.
    """
    try:
        return Walk(_through(model, _starts(model, images, input))[output].links)
    except _StoppedError as stopped:
        return Walk(stopped.before.links, stopped.layer, str(stopped))


def links_to(model: Model, output: int = 0) -> list[Link]:
    """The shapes that lead to an output of a built model, in which its own images get that far."""
    return walk(model, model.input_specs[0].shape[1:], output=output).links


def links_before(model: Model, layer: Layer, images: Images | None = None) -> list[Link]:
    """The shapes that lead to the first use of a layer in a built model, for its own images or those of a shape.

    Empty if they do not get there. `images` are given as the input from which the way of first inputs begins.
    """
    start = _reached_before(model, layer, _starts(model))
    if start is None or images is None:
        return [] if start is None else start.links
    other = _reached_before(model, layer, _starts(model, images, start.input))
    return [] if other is None else other.links


def inner_layers(model: Model) -> Iterator[Layer]:
    """The layers of a model in order, inputs left out; a model inside it is replaced by its layers."""
    waiting: list[Layer] = [*reversed(model.layers)]
    while waiting:
        layer = waiting.pop()
        if layer.holds_model_layers:
            waiting.extend(reversed(getattr(layer, "layers", ())))
        elif layer.class_name != "InputLayer":
            yield layer


@dataclass(frozen=True, slots=True)
class _Reached:
    """A shape on the way, and the way to it from an input of the model."""

    link: Link
    input: int
    spec: Spec
    before: _Reached | None = None

    @property
    def links(self) -> list[Link]:
        found, place = [self.link], self.before
        while place is not None:
            found.append(place.link)
            place = place.before
        return found[::-1]

    def then(self, layer: Layer, spec: Spec) -> _Reached:
        return _Reached(Link(spec.shape, layer.class_name, layer.label), self.input, spec, self)

    @property
    def tensor(self) -> SymbolicTensor:
        """Stands for an array of the shape."""
        return SymbolicTensor(self.spec, _NOBODY, Record((), {}, None))


_NOBODY = Layer(name="nobody")


class _StoppedError(Exception):
    """A layer does not take what it gets."""

    def __init__(self, layer: Layer, before: _Reached, reason: str) -> None:
        super().__init__(reason)
        self.layer = layer
        self.before = before


class _ArrivedError(Exception):
    """The layer that somebody looked for has been found."""

    def __init__(self, before: _Reached) -> None:
        super().__init__()
        self.before = before


def _reached_before(model: Model, layer: Layer, starts: list[_Reached]) -> _Reached | None:
    try:
        _through(model, starts, layer)
    except _ArrivedError as arrived:
        return arrived.before
    except _StoppedError:
        return None
    return None


def _starts(model: Model, images: Images | None = None, input: int = 0) -> list[_Reached]:
    shapes = [tuple(spec.shape) for spec in model.input_specs]
    if images is not None:
        shapes[input] = (None, *images)
    return [
        _Reached(Link(shape), place, Spec(shape, spec.dtype, spec.name))
        for place, (shape, spec) in enumerate(zip(shapes, model.input_specs, strict=True))
    ]


def _through(model: Model, starts: list[_Reached], until: Layer | None = None) -> list[_Reached]:
    network = model.network
    if network is not None:
        return _through_network(network, starts, until)
    given = structures.packed(model.input_form, [start.tensor for start in starts])
    return _through_layer(model, starts[0], (given,), {})


def _through_network(network: Network, starts: list[_Reached], until: Layer | None) -> list[_Reached]:
    reached = dict(zip(network.input_tensors, starts, strict=True))
    for call in network.calls:
        if not all(output in reached for output in call.outputs):
            reached.update(zip(call.outputs, _through_call(call, reached, until), strict=True))
    return [reached[tensor] for tensor in network.output_tensors]


def _through_call(call: LayerCall, reached: dict[SymbolicTensor, _Reached], until: Layer | None) -> list[_Reached]:
    layer: Any = call.layer
    if layer is until:
        raise _ArrivedError(reached[call.inputs[0]])
    if layer.holds_model_layers and layer.network is not None:
        return _through(layer, [reached[tensor] for tensor in layer.given_in(call)], until)

    def stand_in(leaf: Any) -> Any:
        return reached[leaf].tensor if isinstance(leaf, SymbolicTensor) else leaf

    arguments = structures.mapped(stand_in, call.record.arguments)
    keywords = structures.mapped(stand_in, dict(call.record.keywords))
    return _through_layer(layer, reached[call.inputs[0]], arguments, keywords)


def _through_layer(layer: Layer, first: _Reached, arguments: Any, keywords: Any) -> list[_Reached]:
    try:
        specs = structures.leaves(inference.specs_of(layer, arguments, keywords))
    except (ValueError, TypeError) as error:
        raise _StoppedError(layer, first, str(error)) from None
    return [first.then(layer, spec) for spec in specs]
