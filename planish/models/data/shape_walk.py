"""The shapes of images on their way through a built model, as far as they get."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from planish.layers.chain import Step
from planish.layers.layer import Layer


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


def walk(model: Any, images: Sequence[int | None]) -> Walk:
    """Where images of a shape get (batch axis left out). Layers of models inside the model are steps like any other."""
    steps = [Step((None, *images))]
    for layer in inner_layers(model):
        try:
            shape = tuple(layer.compute_output_shape(steps[-1].shape))
        except (ValueError, TypeError) as error:
            return Walk(steps, layer, str(error))
        steps.append(Step(shape, type(layer).__name__, layer.label))
    return Walk(steps)


def inner_layers(model: Any) -> Iterator[Layer]:
    """The layers of a model in order; a model inside it is replaced by its layers."""
    waiting: list[Layer] = [*reversed(model.layers)]
    while waiting:
        layer = waiting.pop()
        if layer.holds_model_layers:
            waiting.extend(reversed(getattr(layer, "layers", ())))
        else:
            yield layer
