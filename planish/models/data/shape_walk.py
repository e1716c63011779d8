"""The shapes of images on their way through a built model, as far as they get."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from planish.layers.chain import Step
from planish.layers.layer import Layer

if TYPE_CHECKING:
    from planish.models.model import Model
    from planish.models.network import Network


@dataclass(frozen=True, slots=True)
class Walk:
    """`steps` from the images on; the layer that did not take them, and its error, if there is one."""

    steps: list[Step]
    stopped_at: Layer | None = None
    reason: str = ""

    @property
    def chain(self) -> list[object]:
        """For messages: the shapes up to the layer that failed."""
        return [*self.steps, *([] if self.stopped_at is None else [self.stopped_at.label])]


def walk(model: Model, images: Sequence[int | None]) -> Walk:
    """Where images of a shape get (batch axis left out). Layers of models inside the model are steps like any other."""
    steps = [Step((None, *images))]
    if not _is_chain(model):
        return Walk(steps)
    for layer in inner_layers(model):
        try:
            shape = tuple(layer.compute_output_shape(steps[-1].shape))
        except (ValueError, TypeError) as error:
            return Walk(steps, layer, str(error))
        steps.append(Step(shape, type(layer).__name__, layer.label))
    return Walk(steps)


def _is_chain(model: Any) -> bool:
    """Whether images go through one layer after another."""
    network: Network | None = getattr(model, "network", None)
    if network is None:
        return True
    before = network.input_tensors
    for call in network.calls:
        straight = not call.layer.holds_model_layers or _is_chain(call.layer)
        if len(before) != 1 or call.inputs != before or not straight:
            return False
        before = call.outputs
    return True


def inner_layers(model: Model) -> Iterator[Layer]:
    """The layers of a model in order; a model inside it is replaced by its layers."""
    waiting: list[Layer] = [*reversed(model.layers)]
    while waiting:
        layer = waiting.pop()
        if layer.holds_model_layers:
            waiting.extend(reversed(getattr(layer, "layers", ())))
        else:
            yield layer
