"""The programs of a model that is only inspected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planish import html
from planish.graph.graph import Graph
from planish.models.ends.graph_names import endings
from planish.models.ends.output_settings import OutputSettings
from planish.models.programs.prepare import require_compiled
from planish.models.programs.step_graph import Objective, training_graph

if TYPE_CHECKING:
    from planish.models.model import Model


class ProgramText(str):
    """A program as text, which notebooks show line by line."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return html.preformatted(self)


def training_graph_of(model: Model) -> Graph:
    """One step of `fit` with unweighted targets of the usual shape: class indices, or the output's own.

    ValueError if the model is not built, or not compiled with a loss.
    """
    settings = require_compiled(model, "program")
    chosen = settings.for_outputs(model)
    specs = model.output_specs
    settings.optimizer.build(model.trainable_weights, model.non_trainable_weights)
    objectives = [_objective(chosen, place, spec.shape, endings(specs)[place]) for place, spec in enumerate(specs)]
    graph, _ = training_graph(model, objectives, settings.optimizer, with_outputs=True)
    return graph


def _objective(chosen: OutputSettings, place: int, output: tuple[Any, ...], ending: str) -> Objective | None:
    loss = chosen.loss_for(place, output[:-1], output)
    if loss is None:
        return None
    targets = tuple(output[1:-1] if loss.target_kind == "labels" else output[1:])
    return Objective(loss, chosen.weights[place], targets, weighted=False, ending=ending)
